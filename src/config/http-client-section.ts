/** The HTTP client block of a scrape configuration: credentials, TLS, redirects, headers. */

import type { Authorization, BasicAuth, HttpClientConfig, Secret, TlsConfig } from '../base/http-client.ts';
import type { Warnings } from './warnings.ts';
import type { Fields, YamlNode } from './yaml-node.ts';

/** Keys of the block, which stand beside the scrape configuration's own. */
export const HTTP_CLIENT_KEYS: readonly string[] = [
  'basic_auth',
  'authorization',
  'oauth2',
  'tls_config',
  'follow_redirects',
  'enable_http2',
  'proxy_url',
  'no_proxy',
  'proxy_from_environment',
  'proxy_connect_header',
  'http_headers',
  'bearer_token',
  'bearer_token_file',
];

const UNSUPPORTED_KEYS: readonly string[] = [
  'oauth2',
  'proxy_url',
  'no_proxy',
  'proxy_from_environment',
  'proxy_connect_header',
];

const TLS_VERSIONS = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
type TlsVersionName = keyof typeof TLS_VERSIONS;

export function readHttpClient(fields: Fields, warnings: Warnings): HttpClientConfig {
  for (const key of UNSUPPORTED_KEYS) {
    const value = fields.get(key);
    if (value) warnings.add(value, 'is not supported and is ignored');
  }
  const basicAuth = fields.read('basic_auth', readBasicAuth, undefined);
  const authorization = fields.read('authorization', readAuthorization, undefined) ?? readBearerToken(fields);
  const tls = fields.read('tls_config', readTls, undefined);
  fields.read('enable_http2', (v) => v.boolean(), true);
  if (basicAuth && authorization) {
    fields.node.fail('at most one of basic_auth, authorization and bearer_token may be given');
  }
  return {
    ...(basicAuth && { basicAuth }),
    ...(authorization && { authorization }),
    ...(tls && { tls }),
    followRedirects: fields.read('follow_redirects', (v) => v.boolean(), true),
    httpHeaders: fields.read('http_headers', readHeaders, {}),
  };
}

/** A secret under `key`, or in a file under `key_file`; at most one of them. */
function readSecret(fields: Fields, key: string): Secret {
  const value = fields.read(key, (v) => v.string(), undefined);
  const file = fields.read(`${key}_file`, (v) => v.filePath(), undefined);
  if (value !== undefined && file !== undefined) {
    fields.node.fail(`at most one of ${key} and ${key}_file may be given`);
  }
  return { ...(value !== undefined && { value }), ...(file !== undefined && { file }) };
}

function readBasicAuth(node: YamlNode): BasicAuth {
  const fields = node.fields(['username', 'username_file', 'password', 'password_file']);
  return { username: readSecret(fields, 'username'), password: readSecret(fields, 'password') };
}

function readAuthorization(node: YamlNode): Authorization {
  const fields = node.fields(['type', 'credentials', 'credentials_file']);
  const type = fields.read('type', (v) => v.string().trim(), 'Bearer');
  if (type.toLowerCase() === 'basic') fields.require('type').fail('use basic_auth for the type "basic"');
  return { type, credentials: readSecret(fields, 'credentials') };
}

/** The older spelling of a bearer authorization. */
function readBearerToken(fields: Fields): Authorization | undefined {
  const credentials = readSecret(fields, 'bearer_token');
  return credentials.value === undefined && credentials.file === undefined
    ? undefined
    : { type: 'Bearer', credentials };
}

function readTls(node: YamlNode): TlsConfig {
  const fields = node.fields([
    ...['ca', 'ca_file', 'cert', 'cert_file', 'key', 'key_file'],
    ...['server_name', 'insecure_skip_verify', 'min_version', 'max_version'],
  ]);
  const version = (v: YamlNode) => TLS_VERSIONS[v.oneOf(Object.keys(TLS_VERSIONS) as TlsVersionName[])];
  const pem = (key: string) => {
    const secret = readSecret(fields, key);
    return secret.value === undefined && secret.file === undefined ? undefined : secret;
  };
  const [ca, cert, key] = [pem('ca'), pem('cert'), pem('key')];
  const minVersion = fields.read('min_version', version, undefined);
  const maxVersion = fields.read('max_version', version, undefined);
  if (Boolean(cert) !== Boolean(key)) node.fail('a client certificate needs both cert and key');
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    serverName: fields.read('server_name', (v) => v.string(), ''),
    insecureSkipVerify: fields.read('insecure_skip_verify', (v) => v.boolean(), false),
    ...(minVersion && { minVersion }),
    ...(maxVersion && { maxVersion }),
  };
}

function readHeaders(node: YamlNode): Record<string, readonly string[]> {
  const out: Record<string, readonly string[]> = {};
  for (const [name, value] of node.entries()) {
    if (!value) continue;
    const fields = value.fields(['values', 'secrets', 'files']);
    if (fields.get('files')) fields.get('files')!.fail('header values from files are not supported');
    out[name] = [
      ...fields.read('values', (v) => v.strings(), []),
      ...fields.read('secrets', (v) => v.strings(), []),
    ];
  }
  return out;
}

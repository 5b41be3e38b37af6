/**
 * The HTTP client block: credentials, TLS, proxies, redirects, headers. What contradicts itself is refused in the words of
 * Prometheus.
 */

import type { Authorization, BasicAuth, HttpClientConfig, Secret } from '../base/http-client.ts';
import { readOAuth2 } from './oauth2-section.ts';
import { PROXY_KEYS, readProxy } from './proxy-section.ts';
import { readSecret, secretKeys } from './secret-fields.ts';
import { readTls } from './tls-section.ts';
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
  ...PROXY_KEYS,
  'http_headers',
  'bearer_token',
  'bearer_token_file',
];

const NO_SECRET: Secret = {};

/** Belong to the connection, or are set by whoever sends the request. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  ...['Authorization', 'Host', 'Content-Encoding', 'Content-Length', 'Content-Type', 'User-Agent'],
  ...['Connection', 'Keep-Alive', 'Proxy-Authenticate', 'Proxy-Authorization', 'Www-Authenticate'],
  ...['Accept-Encoding', 'X-Prometheus-Remote-Write-Version', 'X-Prometheus-Remote-Read-Version'],
  ...['X-Prometheus-Scrape-Timeout-Seconds', 'X-Amz-Date', 'X-Amz-Security-Token', 'X-Amz-Content-Sha256'],
]);

export function readHttpClient(fields: Fields, warnings: Warnings): HttpClientConfig {
  const bearer = readBearerToken(fields);
  const basicAuth = fields.read('basic_auth', readBasicAuth, undefined);
  const told = fields.read('authorization', readAuthorization, undefined);
  const oauth2 = fields.read('oauth2', (v) => readOAuth2(v, warnings), undefined);
  if (bearer && (basicAuth || oauth2)) {
    const rule = 'at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured';
    bearer.node.fail(rule);
  }
  if (bearer && told) {
    fields
      .require('authorization')
      .fail('authorization is not compatible with bearer_token & bearer_token_file');
  }
  if ((told && (basicAuth || oauth2)) || (basicAuth && oauth2)) {
    const second = told ? 'authorization' : 'oauth2';
    fields.require(second).fail('at most one of basic_auth, oauth2 & authorization must be configured');
  }
  const authorization = told ?? bearer?.authorization;
  const tls = fields.read('tls_config', readTls, undefined);
  const proxy = readProxy(fields, warnings);
  const headers = fields.get('http_headers');
  // HTTP/1.1 is spoken, which servers of HTTP/2 speak too.
  fields.read('enable_http2', (v) => v.boolean(), true);
  return {
    ...(basicAuth && { basicAuth }),
    ...(authorization && { authorization }),
    ...(oauth2 && { oauth2 }),
    ...(tls && { tls }),
    ...(proxy && { proxy }),
    followRedirects: fields.read('follow_redirects', (v) => v.boolean(), true),
    ...(headers ? readHeaders(headers) : { httpHeaders: {} }),
  };
}

function readBasicAuth(node: YamlNode): BasicAuth {
  const fields = node.fields([...secretKeys('username'), ...secretKeys('password')]);
  const secret = (key: string): Secret => {
    const twice = `at most one of basic_auth ${key}, ${key}_file & ${key}_ref must be configured`;
    return readSecret(fields, key, twice) ?? NO_SECRET;
  };
  return { username: secret('username'), password: secret('password') };
}

function readAuthorization(node: YamlNode): Authorization {
  const fields = node.fields(['type', ...secretKeys('credentials')]);
  const twice = 'at most one of authorization credentials & credentials_file must be configured';
  const credentials = readSecret(fields, 'credentials', twice) ?? NO_SECRET;
  const type = fields.read('type', (v) => v.string().trim(), '') || 'Bearer';
  if (type.toLowerCase() === 'basic') {
    fields.require('type').fail('authorization type cannot be set to "basic", use "basic_auth" instead');
  }
  return { type, credentials };
}

/** The older spelling of a bearer authorization. */
function readBearerToken(fields: Fields): { authorization: Authorization; node: YamlNode } | undefined {
  const twice = 'at most one of bearer_token & bearer_token_file must be configured';
  const credentials = readSecret(fields, 'bearer_token', twice);
  const key = credentials?.file === undefined ? 'bearer_token' : 'bearer_token_file';
  return credentials && { authorization: { type: 'Bearer', credentials }, node: fields.require(key) };
}

function readHeaders(node: YamlNode): Pick<HttpClientConfig, 'httpHeaders' | 'secretHeaders'> {
  const httpHeaders: Record<string, readonly string[]> = {};
  const secretHeaders: Record<string, readonly Secret[]> = {};
  for (const [name, value] of node.entries()) {
    const canonical = canonicalName(name);
    if (RESERVED_HEADERS.has(canonical)) (value ?? node).fail(`setting header "${canonical}" is not allowed`);
    if (!value) continue;
    const fields = value.fields(['values', 'secrets', 'files']);
    const values = fields.read('values', (v) => v.strings(), []);
    const secrets = fields.read('secrets', (v) => v.strings(), []);
    const files = fields.read('files', (v) => v.list().map((item) => item.filePath()), []);
    if (values.length > 0) httpHeaders[name] = values;
    const hidden = [...secrets.map((secret) => ({ value: secret })), ...files.map((file) => ({ file }))];
    if (hidden.length > 0) secretHeaders[name] = hidden;
  }
  return { httpHeaders, ...(Object.keys(secretHeaders).length > 0 && { secretHeaders }) };
}

/** `x-api-KEY` is `X-Api-Key`. */
function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (initial) => initial.toUpperCase());
}

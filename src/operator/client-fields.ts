/**
 * How somebody is asked over HTTP, from what a resource says of it to the keys of a scrape job's HTTP client: secrets are looked up and stand in
 * the job itself. The order of checks, and what excludes what, are the Operator's; what it leaves to Prometheus is left to the reader
 * of jobs.
 */

import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { TriliteError } from '../model/errors.ts';
import type { References } from './references.ts';
import type { ClientSpec, OAuth2Fields, ProxyFields, TlsFields } from './resources.ts';

/** Keys and values of a configuration file. */
export type YamlFields = Record<string, unknown>;

export function clientFields(client: ClientSpec, references: References): YamlFields {
  refuseSeveralCredentials(client);
  const { bearerTokenSecret, bearerTokenFile, basicAuth, authorization } = client;
  return {
    ...defined('follow_redirects', client.followRedirects),
    ...defined('enable_http2', client.enableHttp2),
    ...proxyFields(client, references),
    ...(client.oauth2 && { oauth2: oauth2Fields(client.oauth2, references) }),
    ...(client.tlsConfig && { tls_config: tlsFields(client.tlsConfig, references) }),
    ...(bearerTokenFile && { bearer_token_file: bearerTokenFile }),
    // An empty selector says nothing: old resources have such.
    ...(bearerTokenSecret?.name && {
      bearer_token: references.secret(bearerTokenSecret, 'bearerTokenSecret'),
    }),
    ...(basicAuth && {
      basic_auth: {
        username: references.secret(basicAuth.username, 'basicAuth.username'),
        password: references.secret(basicAuth.password, 'basicAuth.password'),
      },
    }),
    ...(authorization && { authorization: authorizationFields(authorization, references) }),
  };
}

function authorizationFields(
  { type, credentials }: NonNullable<ClientSpec['authorization']>,
  references: References,
): YamlFields {
  const secret = credentials?.name ? references.secret(credentials, 'authorization.credentials') : undefined;
  return { type: type?.trim() || 'Bearer', ...defined('credentials', secret) };
}

/** In pairs, so that the complaint names the two. */
function refuseSeveralCredentials(client: ClientSpec): void {
  const keys = ['authorization', 'basicAuth', 'bearerTokenSecret', 'oauth2'] as const;
  const [first, second] = keys.filter((key) =>
    key === 'bearerTokenSecret' ? client[key]?.name : client[key] !== undefined,
  );
  if (second) refuse(`${first} and ${second} cannot be configured at the same time`);
}

function oauth2Fields(oauth2: OAuth2Fields, references: References): YamlFields {
  const { clientId, clientSecret, tokenUrl, scopes = [], endpointParams = {}, tlsConfig } = oauth2;
  if (!tokenUrl) refuse("oauth2: 'tokenUrl' must be specified");
  if (!clientId?.secret && !clientId?.configMap) refuse("oauth2: 'clientId' must be specified");
  return {
    client_id: references.either(clientId, 'oauth2.clientId'),
    client_secret: references.secret(clientSecret, 'oauth2.clientSecret'),
    token_url: tokenUrl,
    ...(scopes.length > 0 && { scopes }),
    ...(Object.keys(endpointParams).length > 0 && { endpoint_params: endpointParams }),
    ...proxyFields(oauth2, references),
    ...(tlsConfig && { tls_config: tlsFields(tlsConfig, references) }),
  };
}

function proxyFields(
  { proxyUrl, noProxy, proxyFromEnvironment, proxyConnectHeader = {} }: ProxyFields,
  references: References,
): YamlFields {
  const headers = Object.entries(proxyConnectHeader).map(([name, selectors]) => {
    const what = `proxyConnectHeader[${name}]`;
    if (selectors.length === 0) refuse(`${what}: selector must not be empty`);
    return [name, selectors.map((selector, i) => references.secret(selector, `${what}[${i}]`))] as const;
  });
  return {
    ...defined('proxy_url', proxyUrl),
    ...defined('no_proxy', noProxy),
    ...defined('proxy_from_environment', proxyFromEnvironment),
    ...(headers.length > 0 && { proxy_connect_header: Object.fromEntries(headers) }),
  };
}

function tlsFields(tls: TlsFields, references: References): YamlFields {
  const ca = references.either(tls.ca ?? {}, 'tlsConfig.ca');
  const cert = references.either(tls.cert ?? {}, 'tlsConfig.cert');
  const key = tls.keySecret ? references.secret(tls.keySecret, 'tlsConfig.keySecret') : '';
  refuseHalfPairs(tls);
  checkCertificates(ca, cert, key);
  return {
    ...defined('insecure_skip_verify', tls.insecureSkipVerify),
    ...(ca !== '' && { ca }),
    ...(cert !== '' && { cert }),
    ...(key !== '' && { key }),
    ...(tls.serverName && { server_name: tls.serverName }),
    ...defined('min_version', tls.minVersion),
    ...defined('max_version', tls.maxVersion),
    ...(tls.caFile && { ca_file: tls.caFile }),
    ...(tls.certFile && { cert_file: tls.certFile }),
    ...(tls.keyFile && { key_file: tls.keyFile }),
  };
}

function refuseHalfPairs({ ca, cert, keySecret, caFile, certFile, keyFile }: TlsFields): void {
  const isNamed = (either: TlsFields['ca']) =>
    either?.secret !== undefined || either?.configMap !== undefined;
  if (isNamed(ca) && caFile) refuse("tlsConfig: cannot specify both 'caFile' and 'ca'");
  if (isNamed(cert) && certFile) refuse("tlsConfig: cannot specify both 'certFile' and 'cert'");
  if (keySecret && keyFile) refuse("tlsConfig: cannot specify both 'keyFile' and 'keySecret'");
  const hasCert = isNamed(cert) || Boolean(certFile);
  const hasKey = keySecret !== undefined || Boolean(keyFile);
  if (hasCert && !hasKey) refuse('tlsConfig: client cert specified without client key');
  if (hasKey && !hasCert) refuse('tlsConfig: client key specified without client cert');
}

/** Where they are none, every scrape would fail and not say why. No text of theirs gets into a complaint. */
function checkCertificates(ca: string, cert: string, key: string): void {
  if (ca !== '') {
    attempt('tlsConfig.ca: failed to parse certificate', () => new X509Certificate(ca));
  }
  if (cert !== '' && key !== '') {
    const what = 'tlsConfig.cert and tlsConfig.keySecret are no certificate and its key';
    attempt(what, () => createSecureContext({ cert, key }));
  }
}

function attempt(what: string, action: () => void): void {
  try {
    action();
  } catch {
    refuse(what);
  }
}

/** The key, unless nothing is said of it. */
export function defined(key: string, value: unknown): YamlFields {
  return value === undefined || value === null ? {} : { [key]: value };
}

function refuse(what: string): never {
  throw new TriliteError('bad_data', what);
}

/** The HTTP client block as a configuration file has it, secrets masked: from `HttpClientConfig` to a plain object. */

import type { HttpClientConfig, OAuth2Config, ProxyConfig, Secret, TlsConfig } from '../base/http-client.ts';
import { MASK, maskPassword } from './masked.ts';
import { tlsVersionName } from './tls-section.ts';

/** Keys in the original's order; members that say nothing are left out. */
export function clientObject(client: HttpClientConfig): object {
  const { basicAuth, authorization, oauth2, tls, proxy, followRedirects } = client;
  return withoutEmpty({
    basic_auth:
      basicAuth &&
      withoutEmpty({ ...plain('username', basicAuth.username), ...masked('password', basicAuth.password) }),
    authorization:
      authorization &&
      withoutEmpty({ type: authorization.type, ...masked('credentials', authorization.credentials) }),
    oauth2: oauth2 && oauth2Object(oauth2),
    tls_config: tls && tlsObject(tls),
    follow_redirects: followRedirects,
    ...(proxy && proxyObject(proxy)),
    http_headers: headersObject(client),
  });
}

function oauth2Object(config: OAuth2Config): object {
  const { clientId, clientSecret, jwt, tokenUrl, scopes, endpointParams, tls, proxy } = config;
  return withoutEmpty({
    client_id: clientId,
    ...masked('client_secret', clientSecret),
    ...(jwt && {
      client_certificate_key_id: jwt.keyId || undefined,
      ...masked('client_certificate_key', jwt.key),
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      signature_algorithm: jwt.algorithm,
      iss: jwt.issuer || undefined,
      audience: jwt.audience || undefined,
      claims: Object.keys(jwt.claims).length > 0 ? jwt.claims : undefined,
    }),
    scopes,
    token_url: maskPassword(tokenUrl),
    endpoint_params: Object.keys(endpointParams).length > 0 ? maskedParams(endpointParams) : undefined,
    tls_config: tls && tlsObject(tls),
    ...(proxy && proxyObject(proxy)),
  });
}

/** Some of them are a user's credentials. */
function maskedParams(params: OAuth2Config['endpointParams']): object {
  return Object.fromEntries(Object.keys(params).map((name) => [name, MASK]));
}

function proxyObject({ url, noProxy, environment, connectHeaders }: ProxyConfig): object {
  const headers = Object.entries(connectHeaders).map(([name, values]) => [name, values.map(() => MASK)]);
  return {
    proxy_url: url === undefined ? undefined : maskPassword(url),
    no_proxy: noProxy || undefined,
    proxy_from_environment: environment !== undefined || undefined,
    proxy_connect_header: headers.length > 0 ? Object.fromEntries(headers) : undefined,
  };
}

function headersObject({ httpHeaders, secretHeaders = {} }: HttpClientConfig): object | undefined {
  const names = new Set([...Object.keys(httpHeaders), ...Object.keys(secretHeaders)]);
  if (names.size === 0) return undefined;
  return Object.fromEntries(
    [...names].map((name) => {
      const hidden = secretHeaders[name] ?? [];
      const files = hidden.map(({ file }) => file).filter((file) => file !== undefined);
      const secrets = hidden.filter(({ file }) => file === undefined).map(() => MASK);
      // As in the text of the whole: what a header says may be a key to something, whatever it is said as.
      return [name, withoutEmpty({ values: (httpHeaders[name] ?? []).map(() => MASK), secrets, files })];
    }),
  );
}

function tlsObject({ ca, cert, key, serverName, insecureSkipVerify, minVersion, maxVersion }: TlsConfig) {
  return withoutEmpty({
    ...plain('ca', ca),
    ...plain('cert', cert),
    ...masked('key', key),
    server_name: serverName || undefined,
    insecure_skip_verify: insecureSkipVerify,
    min_version: minVersion && tlsVersionName(minVersion),
    max_version: maxVersion && tlsVersionName(maxVersion),
  });
}

function plain(name: string, secret: Secret | undefined): object {
  return { [name]: secret?.value, [`${name}_file`]: secret?.file };
}

function masked(name: string, secret: Secret | undefined): object {
  return { [name]: secret?.value === undefined ? undefined : MASK, [`${name}_file`]: secret?.file };
}

/** Members that are undefined or an empty list left out. */
export function withoutEmpty(object: object): object {
  const says = (value: unknown) => value !== undefined && !(Array.isArray(value) && value.length === 0);
  return Object.fromEntries(Object.entries(object).filter(([, value]) => says(value)));
}

/**
 * What an HTTP client is told of credentials, TLS and proxies: the HTTP client block of a configuration as plain data.
 * Scraping, discovery, notifications, remote storage and the pushing of followed logs share it.
 */

import { readFile } from 'node:fs/promises';
import { fileError } from './file-error.ts';

/** Either the secret itself or the file that holds it, read anew at each use. */
export interface Secret {
  readonly value?: string;
  readonly file?: string;
}

export interface BasicAuth {
  readonly username: Secret;
  readonly password: Secret;
}

export interface Authorization {
  /** `Bearer` unless said otherwise. */
  readonly type: string;
  readonly credentials: Secret;
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';

/** Inline PEM in `value`, a path in `file`. */
export interface TlsConfig {
  readonly ca?: Secret;
  readonly cert?: Secret;
  readonly key?: Secret;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  /** In Node's spelling. */
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
}

/** Proxies that variables of the environment name; '' is none. */
export interface ProxyEnvironment {
  /** For http URLs. */
  readonly http: string;
  /** For https URLs. */
  readonly https: string;
  readonly noProxy: string;
}

export interface ProxyConfig {
  /** For every URL. */
  readonly url?: string;
  /** Hosts that are reached without `url`; '' is none, not even this machine. */
  readonly noProxy: string;
  /** Instead of `url`: what the environment said when the configuration was read. */
  readonly environment?: ProxyEnvironment;
  /** Headers of a CONNECT request, all of them secret. */
  readonly connectHeaders: Readonly<Record<string, readonly string[]>>;
}

/** RFC 7523: an assertion that the client signs stands in the secret's place. */
export interface JwtGrant {
  /** An RSA key, PEM. */
  readonly key: Secret;
  /** '' is none. */
  readonly keyId: string;
  readonly algorithm: 'RS256' | 'RS384' | 'RS512';
  /** '' is the client's ID. */
  readonly issuer: string;
  /** '' is the token's URL. */
  readonly audience: string;
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface OAuth2Config {
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Instead of the secret. */
  readonly jwt?: JwtGrant;
  readonly tokenUrl: string;
  readonly scopes: readonly string[];
  /** Parameters of the token request. */
  readonly endpointParams: Readonly<Record<string, string>>;
  readonly tls?: TlsConfig;
  readonly proxy?: ProxyConfig;
}

/** The HTTP client block of a configuration; at most one of `basicAuth`, `authorization` and `oauth2`. */
export interface HttpClientConfig {
  readonly basicAuth?: BasicAuth;
  readonly authorization?: Authorization;
  readonly oauth2?: OAuth2Config;
  readonly tls?: TlsConfig;
  readonly proxy?: ProxyConfig;
  readonly followRedirects: boolean;
  /** Extra request headers: name → values. */
  readonly httpHeaders: Readonly<Record<string, readonly string[]>>;
  /** Further values of them, which are not shown or stand in files. */
  readonly secretHeaders?: Readonly<Record<string, readonly Secret[]>>;
}

/** Without the white space around it where it comes from a file. `what` is said of it in an error. */
export async function secretText(secret: Secret, what = ''): Promise<string> {
  const { file } = secret;
  if (file === undefined) return secret.value ?? '';
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(
      `${what && `unable to read ${what}: `}unable to read file ${file}: ${fileError(error, file)}`,
    );
  }
}

/** The `Authorization` header from what stands in the configuration, undefined where there are no credentials. */
export async function authorizationHeader(client: HttpClientConfig): Promise<string | undefined> {
  const { basicAuth, authorization: auth } = client;
  if (basicAuth) {
    const username = await secretText(basicAuth.username, 'basic auth username');
    const password = await secretText(basicAuth.password, 'basic auth password');
    return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  }
  return auth ? `${auth.type} ${await secretText(auth.credentials, 'authorization credentials')}` : undefined;
}

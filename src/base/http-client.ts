/**
 * What an HTTP client is told of credentials and TLS, and what a request is made of it. Scraping, discovery and the
 * pushing of followed logs share it.
 */

import { readFile } from 'node:fs/promises';
import type https from 'node:https';

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

/** Inline PEM in `value`, a path in `file`. */
export interface TlsConfig {
  readonly ca?: Secret;
  readonly cert?: Secret;
  readonly key?: Secret;
  readonly serverName: string;
  readonly insecureSkipVerify: boolean;
  /** `TLSv1`, `TLSv1.1`, `TLSv1.2`, `TLSv1.3` in Node's spelling. */
  readonly minVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  readonly maxVersion?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
}

/** The HTTP client block of a configuration. */
export interface HttpClientConfig {
  readonly basicAuth?: BasicAuth;
  readonly authorization?: Authorization;
  readonly tls?: TlsConfig;
  readonly followRedirects: boolean;
  /** Extra request headers: name → values. */
  readonly httpHeaders: Readonly<Record<string, readonly string[]>>;
}

export async function secretText(secret: Secret): Promise<string> {
  if (secret.file !== undefined) return (await readFile(secret.file, 'utf8')).trim();
  return secret.value ?? '';
}

/** The `Authorization` header, undefined where there are no credentials. */
export async function authorizationHeader(client: HttpClientConfig): Promise<string | undefined> {
  const { basicAuth, authorization: auth } = client;
  if (basicAuth) {
    const pair = `${await secretText(basicAuth.username)}:${await secretText(basicAuth.password)}`;
    return `Basic ${Buffer.from(pair).toString('base64')}`;
  }
  return auth ? `${auth.type} ${await secretText(auth.credentials)}` : undefined;
}

export async function tlsOptions(tls: TlsConfig): Promise<https.AgentOptions> {
  return {
    ...(tls.ca ? { ca: await secretText(tls.ca) } : {}),
    ...(tls.cert ? { cert: await secretText(tls.cert) } : {}),
    ...(tls.key ? { key: await secretText(tls.key) } : {}),
    ...(tls.serverName ? { servername: tls.serverName } : {}),
    ...(tls.minVersion ? { minVersion: tls.minVersion } : {}),
    ...(tls.maxVersion ? { maxVersion: tls.maxVersion } : {}),
    rejectUnauthorized: !tls.insecureSkipVerify,
  };
}

/** How commands that speak to a running server say who they are: a password or a token, from a file or the environment. */

import { readFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import { urlAuthorization } from '../base/url-credentials.ts';
import { ConfigError } from '../config/config-error.ts';
import { TriliteError } from '../model/errors.ts';

/** For `parseArgs`. */
export const CREDENTIAL_FLAGS = {
  username: { type: 'string' },
  'password-file': { type: 'string' },
  'token-file': { type: 'string' },
} as const;

export const CREDENTIAL_USAGE = `  --username NAME       and its password, which is never a flag: others see those
  --password-file FILE  where it is; also TRILITE_USERNAME and TRILITE_PASSWORD
  --token-file FILE     a token instead; also TRILITE_TOKEN`;

export type CredentialFlags = { readonly [Name in keyof typeof CREDENTIAL_FLAGS]?: string | undefined };

/** What the environment says of them. */
export interface ClientCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
}

export const NO_CREDENTIALS: ClientCredentials = {
  username: undefined,
  password: undefined,
  token: undefined,
};

/**
 * The `Authorization` header: of the flags, else of the URL, else of the environment. Undefined: none. Throws `bad_data` where they
 * contradict each other, or a file cannot be read.
 */
export function authorizationOf(
  flags: CredentialFlags,
  url: URL,
  environment: ClientCredentials,
): string | undefined {
  const { username, 'password-file': passwordFile, 'token-file': tokenFile } = flags;
  if (tokenFile !== undefined) {
    if (username !== undefined || passwordFile !== undefined) throw wrong('--token-file excludes --username');
    return `Bearer ${readSecret('--token-file', tokenFile)}`;
  }
  if (username !== undefined || passwordFile !== undefined) {
    const name = username ?? environment.username;
    const password =
      passwordFile === undefined ? environment.password : readSecret('--password-file', passwordFile);
    if (name === undefined) throw wrong('--password-file needs --username');
    if (password === undefined) throw wrong('--username needs --password-file, or TRILITE_PASSWORD');
    return basic(name, password);
  }
  const ofUrl = urlAuthorization(url);
  if (ofUrl !== undefined) return ofUrl;
  if (environment.token !== undefined) return `Bearer ${environment.token}`;
  const { username: name, password } = environment;
  return name === undefined || password === undefined ? undefined : basic(name, password);
}

/** As a header; `command` is the one with the help. Throws `ConfigError`. */
export function authorizationHeaders(
  flags: CredentialFlags,
  address: URL,
  credentials: ClientCredentials,
  command: string,
): Record<string, string> {
  try {
    const authorization = authorizationOf(flags, address, credentials);
    return authorization === undefined ? {} : { Authorization: authorization };
  } catch (error) {
    throw new ConfigError(`${(error as Error).message}; see trilite ${command} --help`);
  }
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

function readSecret(flag: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw wrong(`${flag}: ${fileError(error, file)}`);
  }
}

function wrong(what: string): TriliteError {
  return new TriliteError('bad_data', what);
}

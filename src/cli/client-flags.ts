/**
 * Flags of commands that speak to a running server: where it is, how its certificate is verified, what the client shows of itself
 * and sends with every request.
 */

import type { HttpClientConfig, TlsConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';

export const CLIENT_OPTIONS = {
  'http.config.file': { type: 'string' },
  'tls.ca-file': { type: 'string' },
  'tls.cert-file': { type: 'string' },
  'tls.key-file': { type: 'string' },
  'tls.server-name': { type: 'string' },
  'tls.insecure-skip-verify': { type: 'boolean' },
} as const;

export const CLIENT_USAGE = `  --tls.ca-file FILE    whose certificates servers have, instead of the system's authorities
  --tls.cert-file FILE, --tls.key-file FILE
                        what is shown to servers that ask for a certificate
  --tls.server-name NAME
                        whom the server's certificate must be for; the host of the URL
  --tls.insecure-skip-verify
                        any certificate will do
  --http.config.file FILE
                        an HTTP client block (tls_config, basic_auth, …) as promtool takes it, instead of the others
`;

export type ClientValues = { readonly [Name in keyof typeof CLIENT_OPTIONS]?: string | boolean | undefined };

/** Throws `ConfigError`. */
export async function readClientFlags(values: ClientValues): Promise<HttpClientConfig> {
  const given = Object.keys(CLIENT_OPTIONS).filter(
    (name) => values[name as keyof ClientValues] !== undefined,
  );
  const file = values['http.config.file'] as string | undefined;
  if (file !== undefined) {
    const other = given.find((name) => name !== 'http.config.file');
    if (other) throw new ConfigError(`--${other} and --http.config.file cannot both be given`);
    return (await import('../config/http-client-file.ts')).readHttpClientFile(file);
  }
  const text = (name: keyof ClientValues) => values[name] as string | undefined;
  const [ca, cert, key] = [text('tls.ca-file'), text('tls.cert-file'), text('tls.key-file')];
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError('--tls.cert-file and --tls.key-file belong together');
  }
  const tls: TlsConfig = {
    ...(ca !== undefined && { ca: { file: ca } }),
    ...(cert !== undefined && { cert: { file: cert } }),
    ...(key !== undefined && { key: { file: key } }),
    serverName: text('tls.server-name') ?? '',
    insecureSkipVerify: values['tls.insecure-skip-verify'] === true,
  };
  return { tls, followRedirects: true, httpHeaders: {} };
}

/** `where` names the flag or variable, `example` is an address that would do, `command` the one with the help. */
export function readAddress(text: string, where: string, example: string, command: string): URL {
  const url = URL.parse(text.includes('://') ? text : `http://${text}`);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const what = `${where}: ${JSON.stringify(text)} is no address such as ${example}`;
  throw new ConfigError(`${what}; see trilite ${command} --help`);
}

/** `NAME: VALUE` lines and a tenant as headers. Throws `ConfigError`. */
export function readHeaders(
  lines: readonly string[],
  orgId: string | undefined,
  command: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n]*)$/.exec(line) ?? [];
    if (name === undefined) {
      const what = `--header: ${JSON.stringify(line)} is no 'NAME: VALUE'`;
      throw new ConfigError(`${what}; see trilite ${command} --help`);
    }
    headers[name] = value!;
  }
  if (orgId !== undefined) headers['X-Scope-OrgID'] = orgId;
  return headers;
}

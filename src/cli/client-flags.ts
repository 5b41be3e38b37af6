/** Flags that commands have in common which speak to a running server: where it is, and what is sent with every request. */

import { ConfigError } from '../config/config-error.ts';

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

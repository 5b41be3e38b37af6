/** Where a redirect leads, and what of a request goes there. */

import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

export interface Hop {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | undefined;
}

/** The next request asks with GET. */
const AS_GET: ReadonlySet<number> = new Set([301, 302, 303]);
/** It is the same again. */
const AS_IT_WAS: ReadonlySet<number> = new Set([307, 308]);

/** Undefined where the answer is no redirect. Throws where it leads nowhere. */
export function nextHop(hop: Hop, { statusCode = 0, headers }: IncomingMessage): Hop | undefined {
  const { location } = headers;
  if (!location || !(AS_GET.has(statusCode) || AS_IT_WAS.has(statusCode))) return undefined;
  if (!URL.canParse(location, hop.url.href)) throw new Error(`failed to parse Location header "${location}"`);
  const url = new URL(location, hop.url);
  return AS_GET.has(statusCode) ? { ...hop, url, method: 'GET', body: undefined } : { ...hop, url };
}

/** Credentials stay with the host that they were meant for, and names below it. */
export function keepsCredentials(url: URL, first: URL): boolean {
  const host = url.hostname;
  return host === first.hostname || (isIP(host) === 0 && host.endsWith(`.${first.hostname}`));
}

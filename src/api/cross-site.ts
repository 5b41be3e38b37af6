/**
 * Whether another site's page had a browser send a request. Browsers add the password that a user once gave by themselves,
 * whichever page makes the request, and forms need no leave of ours: so what changes something must come from our own pages, or
 * from pages of the origins that may bring data. Clients that are no browsers send neither header.
 */

import type { IncomingMessage } from 'node:http';

export interface OwnSites {
  /** Where users reach this server through a proxy that does not pass on the host they asked for. */
  readonly externalUrl: string | undefined;
  /** Whether pages of the origin may send what the request brings. */
  allows(origin: string): boolean;
}

export function isCrossSite({ headers }: IncomingMessage, own: OwnSites): boolean {
  const site = headers['sec-fetch-site'];
  // The browser's own word, which no page can change: from a page of ours, or by the user himself.
  if (site === 'same-origin' || site === 'none') return false;
  const { origin } = headers;
  if (origin === undefined) return site !== undefined;
  const host = URL.parse(origin)?.host;
  if (host !== undefined && host === headers.host?.toLowerCase()) return false;
  if (own.externalUrl !== undefined && URL.parse(own.externalUrl)?.origin === origin) return false;
  return !own.allows(origin);
}

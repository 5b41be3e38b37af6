/**
 * Where users reach this server: what links in alerts begin with, and what the addresses of targets on this machine are shown
 * with.
 */

import { hostname } from 'node:os';
import type { ListenAddress } from './api/listeners.ts';
import { speaksTls } from './base/server-tls.ts';
import type { Config } from './config/settings.ts';

const LOOPBACKS: readonly string[] = ['127.0.0.1', 'localhost', '::1'];

/** Without a slash at its end. Where nobody said it: the machine's name and the first port. */
export function externalUrl(
  { externalUrl: given, http, tls }: Config,
  addresses: readonly ListenAddress[],
): string {
  const port = addresses[0]?.port ?? http[0]?.port;
  const scheme = http[0] && speaksTls(tls, http[0]) ? 'https' : 'http';
  return given ?? `${scheme}://${hostname()}${port === undefined ? '' : `:${port}`}`;
}

/**
 * A target's URL as others may reach it: one on this machine has the external URL's host, and where it is this very server
 * its port and scheme too.
 */
export function globalUrl(target: string, external: string, addresses: readonly ListenAddress[]): string {
  // The rest stays as it was written, so the URL is not taken apart and put together.
  const parts = /^([^:]+):\/\/(?:\[([^\]]*)\]|([^/:?]*)):(\d+)(.*)$/s.exec(target);
  if (parts === null || !URL.canParse(external)) return target;
  const [, scheme, bracketed, plain, port, rest] = parts;
  if (!LOOPBACKS.includes(bracketed ?? plain!)) return target;
  const { protocol, host, hostname: name } = new URL(external);
  const isOwn = addresses.some((own) => String(own.port) === port);
  return isOwn ? `${protocol}//${host}${rest}` : `${scheme}://${name}:${port}${rest}`;
}

/** Paths with repeated slashes, which the originals redirect to those without. */

import type { ServerResponse } from 'node:http';

/** The target with single slashes where it has repeated ones, to which the originals redirect; else undefined. */
export function cleanPath(target: string): string | undefined {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  return path.includes('//') ? path.replace(/\/{2,}/g, '/') + target.slice(path.length) : undefined;
}

export function redirect(response: ServerResponse, location: string): void {
  const link = location.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll('<', '&lt;');
  response.writeHead(301, { Location: location, 'Content-Type': 'text/html; charset=utf-8' });
  response.end(`<a href="${link}">Moved Permanently</a>.\n\n`);
}

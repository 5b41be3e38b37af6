/**
 * The URL of a target, put together as Go does it: it is shown, it is what requests ask for, and it is part of what a
 * target is known by. A default port stays, a `?` in the path is part of the path, parameters are sorted by name.
 */

import { utf8Encode } from '../base/bytes.ts';

const PATH_PLAIN = /^[A-Za-z0-9\-_.~$&+,/:;=@]$/;
const QUERY_PLAIN = /^[A-Za-z0-9\-_.~]$/;

export function targetUrl(parts: {
  readonly scheme: string;
  readonly address: string;
  readonly path: string;
  readonly params: ReadonlyMap<string, readonly string[]>;
}): string {
  const { scheme, address, path, params } = parts;
  const names = [...params.keys()].sort();
  const query = names.flatMap((name) =>
    params.get(name)!.map((value) => `${escapeQuery(name)}=${escapeQuery(value)}`),
  );
  const slash = path === '' || path.startsWith('/') ? '' : '/';
  const tail = query.length === 0 ? '' : `?${query.join('&')}`;
  return `${scheme}://${address}${slash}${percentEncode(path, PATH_PLAIN)}${tail}`;
}

function escapeQuery(text: string): string {
  return percentEncode(text, QUERY_PLAIN).replaceAll('%20', '+');
}

/** Every byte that is not plain as `%XX`. */
function percentEncode(text: string, plain: RegExp): string {
  let out = '';
  for (const byte of utf8Encode(text)) {
    const c = String.fromCharCode(byte);
    out += byte < 0x80 && plain.test(c) ? c : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  }
  return out;
}

/**
 * Content types as Go's servers read them (RFC 2045 and 2231, leniently): what is refused, and in which words, decides
 * what Loki answers before it looks at a body.
 */

import { TriliteError } from '../../model/errors.ts';

/** Characters of a token. */
const TOKEN = /^[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+/;

/**
 * The media type alone, lower-case: `Text/Plain; charset=x` is `text/plain`, and a type without a subtype is one. Throws
 * `TriliteError` (`bad_data`) where the header is none.
 */
export function parseMediaType(header: string | undefined): string {
  const given = header ?? '';
  const end = given.indexOf(';');
  const media = (end < 0 ? given : given.slice(0, end)).trim().toLowerCase();
  checkMedia(media);
  if (end >= 0) checkParameters(given.slice(end));
  return media;
}

function bad(message: string): TriliteError {
  return new TriliteError('bad_data', `mime: ${message}`);
}

function checkMedia(media: string): void {
  const type = TOKEN.exec(media)?.[0];
  if (type === undefined) throw bad('no media type');
  const rest = media.slice(type.length);
  if (rest === '') return;
  if (!rest.startsWith('/')) throw bad('expected slash after first token');
  const subtype = TOKEN.exec(rest.slice(1))?.[0];
  if (subtype === undefined) throw bad('expected token after slash');
  if (subtype.length + 1 < rest.length) throw bad('unexpected content after media subtype');
}

const QUOTED = /^"((?:[^"\\\r\n]|\\.)*)"/;
const PARAMETER = /^\s*;\s*([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+)\s*=\s*/;

/** `text` is what follows the media type; a semicolon at its end says nothing. */
function checkParameters(text: string): void {
  const values = new Map<string, string>();
  let rest = text.trimStart();
  while (rest !== '') {
    const opened = PARAMETER.exec(rest);
    if (!opened) {
      if (rest.trim() === ';') return;
      throw bad('invalid media parameter');
    }
    const name = opened[1]!.toLowerCase();
    rest = rest.slice(opened[0].length);
    const value = TOKEN.exec(rest)?.[0] ?? QUOTED.exec(rest)?.[0];
    if (value === undefined) throw bad('invalid media parameter');
    const known = values.get(name);
    if (known !== undefined && known !== value) throw bad('duplicate parameter name');
    values.set(name, value);
    rest = rest.slice(value.length).trimStart();
  }
}

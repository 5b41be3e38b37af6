/** What JSON's escapes stand for, by the letter after the backslash; `\u` aside. */

export const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Undoes JSON's escapes; undefined where one is malformed or a surrogate stands alone. */
export function tryUnescape(raw: string): string | undefined {
  if (!raw.includes('\\')) return raw;
  let out = '';
  let from = 0;
  for (let i = raw.indexOf('\\'); i >= 0; i = raw.indexOf('\\', from)) {
    out += raw.slice(from, i);
    const kind = raw[i + 1] ?? '';
    const simple = JSON_ESCAPES[kind];
    if (simple !== undefined) {
      out += simple;
      from = i + 2;
      continue;
    }
    const hex = kind === 'u' ? /^[0-9a-fA-F]{4}/.exec(raw.slice(i + 2, i + 6)) : null;
    if (!hex) return undefined;
    out += String.fromCharCode(Number.parseInt(hex[0], 16));
    from = i + 6;
  }
  out += raw.slice(from);
  return out.isWellFormed() ? out : undefined;
}

/** A string's text as a label has it: '' where an escape is malformed, blanks for what is no character. */
export function labelText(raw: string): string {
  return (tryUnescape(raw) ?? '').replaceAll('\ufffd', ' ');
}

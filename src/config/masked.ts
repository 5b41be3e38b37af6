/**
 * The configuration's text as it is shown to others: values that are secrets are replaced, everything else, comments
 * included, stands as it was written.
 */

import type { Pair } from 'yaml';

type Yaml = typeof import('yaml');

const SECRET_KEYS: ReadonlySet<string> = new Set([
  'password',
  'credentials',
  'bearer_token',
  'client_secret',
]);
/** Up to where the password of a URL begins, and the password. */
const URL_PASSWORD = /^([^/]*\/\/[^/@:]*:)[^/@]+(?=@)/;
const MASK = '<secret>';

/** `text` is valid YAML. */
export function maskSecrets(yaml: Yaml, text: string): string {
  const secrets: [start: number, end: number][] = [];
  const mask = (value: unknown) => {
    if (yaml.isNode(value) && value.range) secrets.push([value.range[0], value.range[1]]);
  };
  yaml.visit(yaml.parseDocument(text), {
    Pair(_, pair: Pair) {
      if (!yaml.isScalar(pair.key)) return;
      const key = String(pair.key.value);
      if (SECRET_KEYS.has(key)) mask(pair.value);
      if (key === 'url' && yaml.isScalar(pair.value) && pair.value.range) {
        const [start, end] = pair.value.range;
        const password = URL_PASSWORD.exec(text.slice(start, end));
        if (password) secrets.push([start + password[1]!.length, start + password[0].length]);
      }
      // What a header says may be a key to something: only the headers' names are shown.
      if ((key === 'http_headers' || key === 'headers') && yaml.isNode(pair.value)) {
        yaml.visit(pair.value, { Scalar: (place, node) => (place === 'key' ? undefined : mask(node)) });
      }
    },
  });
  let out = '';
  let at = 0;
  for (const [start, end] of secrets) {
    out += text.slice(at, start) + MASK;
    at = end;
  }
  return out + text.slice(at);
}

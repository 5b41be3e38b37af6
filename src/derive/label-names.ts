/** Label names from attribute names, by Tempo's rules. */

import { utf8Decode, utf8Encode } from '../base/bytes.ts';
import { INTRINSIC_DIMENSIONS } from './settings.ts';

const INTRINSICS = new Set<string>(INTRINSIC_DIMENSIONS);
const TARGET_INFO_OWN = new Set<string>([...INTRINSIC_DIMENSIONS, 'job', 'instance']);

/** Whatever is no letter, digit or underscore becomes an underscore. */
export function sanitize(name: string): string {
  return name.replace(/[^a-zA-Z0-9_]/gu, '_');
}

function withoutClash(name: string, own: ReadonlySet<string>): string {
  const label = sanitize(name);
  return own.has(label) ? `__${label}` : label;
}

/** Of a dimension of span metrics, whose own labels keep their names. */
export function dimensionLabel(name: string): string {
  return withoutClash(name, INTRINSICS);
}

export function targetInfoLabel(name: string): string {
  return withoutClash(name, TARGET_INFO_OWN);
}

/** The text's first bytes, whole characters of them; 0: all of it. */
export function cut(text: string, maxBytes: number): string {
  if (maxBytes === 0 || text.length * 3 <= maxBytes) return text;
  const bytes = utf8Encode(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return utf8Decode(bytes.subarray(0, end));
}

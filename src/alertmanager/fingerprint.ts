/**
 * What names an alert: 64 bits of FNV-1a over its labels, sorted by name, each name and value followed by a byte that no UTF-8
 * has. Prometheus and Alertmanager compute the same, so links, silences' histories and other tools know an alert by it.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { Labels } from '../model/labels.ts';

/** FNV's offset basis in two halves. */
const BASIS_HIGH = 0xcbf29ce4;
const BASIS_LOW = 0x84222325;
/** FNV's prime is 2^40 + 0x1b3. */
const PRIME_LOW = 0x1b3;
const TWO_32 = 4294967296;

const SEPARATOR = 0xff;

/** 16 hexadecimal digits. */
export function fingerprintOf(labels: Labels): string {
  let high = BASIS_HIGH;
  let low = BASIS_LOW;
  const add = (byte: number): void => {
    const mixed = (low ^ byte) >>> 0;
    // Both products stay under 2^53.
    const product = mixed * PRIME_LOW;
    high = (high * PRIME_LOW + Math.floor(product / TWO_32) + ((mixed << 8) >>> 0)) % TWO_32;
    low = product % TWO_32;
  };
  for (const text of labels.pairs) {
    for (const byte of utf8Encode(text)) add(byte);
    add(SEPARATOR);
  }
  return hex8(high) + hex8(low);
}

function hex8(half: number): string {
  return half.toString(16).padStart(8, '0');
}

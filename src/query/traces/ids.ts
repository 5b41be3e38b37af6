/** Ids as texts: hexadecimal for users, raw bytes in a string for look-ups inside one query. */

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function hexOf(bytes: Uint8Array, start: number, length: number): string {
  let out = '';
  for (let i = start; i < start + length; i++) out += HEX[bytes[i]!]!;
  return out;
}

/** Without leading zeros, as search results have trace ids. */
export function trimmedHex(bytes: Uint8Array, start: number, length: number): string {
  return hexOf(bytes, start, length).replace(/^0+(?=.)/, '');
}

/** A map key: one char per byte. */
export function keyOf(bytes: Uint8Array, start: number, length: number): string {
  let out = '';
  for (let i = start; i < start + length; i++) out += String.fromCharCode(bytes[i]!);
  return out;
}

export function isZero(bytes: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (bytes[i] !== 0) return false;
  return true;
}

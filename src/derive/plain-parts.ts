/**
 * Whether a part of a span has just the bytes that Tempo counts: fields with a value, once, as short as can be. Then its
 * length is its size. What is not recognised here is counted by `span-size.ts`, so a no is never wrong.
 */

export function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/** Whether a KeyValue has a key and a value and, with these, just the bytes that count. */
export function isPlainAttribute(bytes: Uint8Array, from: number, to: number): boolean {
  const first = bytes[from];
  const length = bytes[from + 1]!;
  if (first === 0x0a) {
    const keyTo = from + 2 + length;
    if (length === 0 || length >= 0x80 || bytes[keyTo] !== 0x12) return false;
    return isPlainLength(bytes, keyTo + 1, to, to);
  }
  if (first !== 0x12) return false;
  // The value comes first: its end tells where the key begins.
  let valueFrom = from + 2;
  let n = length;
  if (n >= 0x80) {
    const more = bytes[valueFrom++]!;
    if (more === 0 || more >= 0x80) return false;
    n = (n & 0x7f) | (more << 7);
  }
  const valueTo = valueFrom + n;
  const keyBytes = bytes[valueTo + 1]!;
  return (
    bytes[valueTo] === 0x0a &&
    keyBytes > 0 &&
    keyBytes < 0x80 &&
    valueTo + 2 + keyBytes === to &&
    isPlainValue(bytes, valueFrom, valueTo)
  );
}

/** Whether at `p` stands the length, of one or two bytes, of a plain AnyValue that ends at `to`. */
function isPlainLength(bytes: Uint8Array, p: number, to: number, end: number): boolean {
  const n = bytes[p]!;
  if (n < 0x80) return p + 1 + n === to && isPlainValue(bytes, p + 1, end);
  const more = bytes[p + 1]!;
  if (more === 0 || more >= 0x80) return false;
  return p + 2 + ((n & 0x7f) | (more << 7)) === to && isPlainValue(bytes, p + 2, end);
}

/** Whether an AnyValue is empty or one string, number or bool as short as can be. */
function isPlainValue(bytes: Uint8Array, from: number, to: number): boolean {
  const n = to - from;
  if (n === 0) return true;
  const second = bytes[from + 1]!;
  switch (bytes[from]) {
    case 0x0a: {
      if (second < 0x80) return second === n - 2;
      const third = bytes[from + 2]!;
      return third > 0 && third < 0x80 && ((second & 0x7f) | (third << 7)) === n - 3;
    }
    case 0x10:
      return n === 2 && second <= 1;
    case 0x18: {
      for (let i = from + 1; i < to - 1; i++) if (bytes[i]! < 0x80) return false;
      return bytes[to - 1]! < 0x80 && (n === 2 || bytes[to - 1] !== 0) && n <= 11;
    }
    case 0x21:
      return n === 9;
    default:
      return false;
  }
}

/** Whether an Event is just the bytes that count. */
export function isPlainEvent(bytes: Uint8Array, from: number, to: number): boolean {
  let seen = 0;
  for (let p = from; p < to; ) {
    const tag = bytes[p++]!;
    const bit = 1 << (tag >>> 3);
    if (tag === 0x1a || tag === 0x12) {
      let n = bytes[p++]!;
      if (n === 0) return false;
      if (n >= 0x80) {
        const more = bytes[p++]!;
        if (more === 0 || more >= 0x80) return false;
        n = (n & 0x7f) | (more << 7);
      }
      if (tag === 0x1a && !isPlainAttribute(bytes, p, p + n)) return false;
      if (tag === 0x12 && (seen & bit) !== 0) return false;
      p += n;
    } else if (tag === 0x09) {
      if ((seen & bit) !== 0 || isZero(bytes, p, p + 8)) return false;
      p += 8;
    } else return false;
    seen |= bit;
  }
  return true;
}

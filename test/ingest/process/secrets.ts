/** Random OTLP requests with a secret in some of their texts, whatever those are. */

import fc from 'fast-check';
import { messageArbitrary, type PlainMessage } from '../decode/otlp-arbitrary.ts';
import { SECRET } from './rules.ts';

/** `chance` is asked of each text. */
function withSecret(value: unknown, chance: () => boolean): unknown {
  if (typeof value === 'string') {
    // Numbers of 64 bits are strings here too.
    return /^-?\d+$/.test(value) || !chance() ? value : `a ${SECRET}${value}`;
  }
  if (Array.isArray(value)) return value.map((v) => withSecret(v, chance));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, v]) => {
      if (key === 'bytesValue') return [key, chance() ? Buffer.from(`\0\xff${SECRET}`, 'latin1') : v];
      return [key, withSecret(v, chance)];
    }),
  );
}

export function requestWithSecrets(name: string, depth = 2): fc.Arbitrary<PlainMessage> {
  return messageArbitrary(name, depth).chain((plain) =>
    fc.array(fc.nat(3), { minLength: 7, maxLength: 7 }).map((dice) => {
      let n = 0;
      return withSecret(plain, () => dice[n++ % dice.length] === 0) as PlainMessage;
    }),
  );
}

/**
 * Hashes in place of values: HMAC-SHA256 under a key, so that who knows the possible values (addresses, numbers of
 * customers) cannot find out which it was by hashing them all. Equal values have equal hashes, whatever signal they are in.
 */

import { createHash, createHmac } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { fileError } from '../../base/file-error.ts';
import type { Secret } from '../../base/http-client.ts';
import { TriliteError } from '../../model/errors.ts';

/** 128 bits in hex: no two values are likely to share one, and it is half as long to store. */
const HASH_DIGITS = 32;
/** Hashes that are remembered; beyond it all are forgotten. */
const HASHES_MAX = 4096;
/** Longer values are not remembered. */
const KNOWN_VALUE_MAX = 256;

export type Hash = (value: string) => string;

/** A key as it is now; `stamp` changes with its file. */
export interface KeyMaterial {
  readonly key: string | undefined;
  readonly stamp: string;
}

/** Throws `TriliteError` (`bad_data`) where a file cannot be read or holds nothing. Undefined: no key. */
export function readKey(secret: Secret | undefined): KeyMaterial {
  if (secret?.file === undefined) return { key: secret?.value, stamp: '' };
  try {
    const stamp = keyStamp(secret);
    const key = readFileSync(secret.file, 'utf8').trim();
    if (key !== '') return { key, stamp };
  } catch (error) {
    throw new TriliteError(
      'bad_data',
      `cannot read the key file ${secret.file}: ${fileError(error, secret.file)}`,
    );
  }
  throw new TriliteError('bad_data', `the key file ${secret.file} is empty`);
}

/** Another text once the key's file has been written anew. Throws where there is no such file. */
export function keyStamp(secret: Secret | undefined): string {
  if (secret?.file === undefined) return '';
  const { mtimeMs, ino, size } = statSync(secret.file);
  return `${mtimeMs}:${ino}:${size}`;
}

/** The hash function of a key; without one, plain SHA-256. */
export function hashWith(key: string | undefined): Hash {
  const known = new Map<string, string>();
  const make = (value: string): string => {
    const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
    return hash.update(value).digest('hex').slice(0, HASH_DIGITS);
  };
  return (value) => {
    if (value.length > KNOWN_VALUE_MAX) return make(value);
    let hash = known.get(value);
    if (hash === undefined) {
      hash = make(value);
      if (known.size >= HASHES_MAX) known.clear();
      known.set(value, hash);
    }
    return hash;
  };
}

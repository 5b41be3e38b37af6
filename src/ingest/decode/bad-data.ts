/** Where bytes that cannot be decoded become the answer for whoever sent them. */

import { ByteError } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';

/** Runs a decoder; a `ByteError` of the readers below it becomes `bad_data`, which opens with what was to be decoded. */
export function asBadData<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof ByteError) throw new TriliteError('bad_data', `${what}: ${error.message}`);
    throw error;
  }
}

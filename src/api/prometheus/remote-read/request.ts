/**
 * The request of remote read, snappy in block form:
 *
 *   ReadRequest  1 queries  2 accepted response types (0 samples, 1 streamed chunks)
 *   Query        1 start  2 end (both inclusive, ms)  3 matchers  4 hints, which are not looked at
 *   Matcher      1 type (0 =, 1 !=, 2 =~, 3 !~)  2 name  3 value
 */

import { ByteError } from '../../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../../base/protobuf.ts';
import { decompressSnappy, snappyLength } from '../../../base/snappy.ts';
import { TriliteError } from '../../../model/errors.ts';
import { Matcher } from '../../../model/matcher.ts';
import {
  READ_RESPONSE_TYPES,
  type ReadResponseType,
  WIRE_MATCH_TYPES,
} from '../../../model/remote-read-wire.ts';
import type { SeriesSelect } from '../../../storage/interface.ts';

/** Decompressed; the original has the same limit. */
const REQUEST_MAX_BYTES = 32 * 1024 * 1024;

export interface ReadRequest {
  readonly queries: readonly SeriesSelect[];
  readonly responseType: ReadResponseType;
}

/** Throws `bad_data`. */
export function decodeReadRequest(body: Uint8Array): ReadRequest {
  try {
    const length = snappyLength(body);
    if (length > REQUEST_MAX_BYTES) {
      const limit = `decoded length ${length} exceeds limit ${REQUEST_MAX_BYTES}`;
      throw new TriliteError('bad_data', `snappy: ${limit}`);
    }
    return readRequest(new ProtoReader(decompressSnappy(body)));
  } catch (error) {
    throw error instanceof ByteError ? new TriliteError('bad_data', error.message) : error;
  }
}

function readRequest(r: ProtoReader): ReadRequest {
  const queries: SeriesSelect[] = [];
  const accepted: number[] = [];
  while (r.next()) {
    if (r.field === 1) {
      const outer = r.enter();
      queries.push(readQuery(r));
      r.leave(outer);
    } else if (r.field === 2) r.repeated(accepted, WIRE.varint, (p) => p.varint());
    else r.skip();
  }
  return { queries, responseType: firstServed(accepted) };
}

/** The first that is served; samples where the client, an old one, says nothing. */
function firstServed(accepted: readonly number[]): ReadResponseType {
  if (accepted.length === 0) return 'SAMPLES';
  const found = accepted.find((type) => READ_RESPONSE_TYPES[type] !== undefined);
  if (found === undefined) {
    const fault = `server does not support any of the requested response types: [${accepted.join(' ')}]`;
    throw new TriliteError('bad_data', `${fault}; supported: ${READ_RESPONSE_TYPES.join(', ')}`);
  }
  return READ_RESPONSE_TYPES[found]!;
}

function readQuery(r: ProtoReader): SeriesSelect {
  let minMs = 0;
  let maxMs = 0;
  const matchers: Matcher[] = [];
  while (r.next()) {
    if (r.field === 1) minMs = r.asInt64();
    else if (r.field === 2) maxMs = r.asInt64();
    else if (r.field === 3) {
      const outer = r.enter();
      matchers.push(readMatcher(r));
      r.leave(outer);
    } else r.skip();
  }
  return { minMs, maxMs, matchers };
}

function readMatcher(r: ProtoReader): Matcher {
  let type = 0;
  let name = '';
  let value = '';
  while (r.next()) {
    if (r.field === 1) type = r.asVarint();
    else if (r.field === 2) name = r.text();
    else if (r.field === 3) value = r.text();
    else r.skip();
  }
  const match = WIRE_MATCH_TYPES[type];
  if (!match) throw new TriliteError('bad_data', `invalid matcher type ${type}`);
  return new Matcher(match, name, value);
}

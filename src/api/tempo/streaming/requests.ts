/**
 * From the messages of a streaming call to what its HTTP endpoint is asked: one request, be it by parameters or by
 * fields, goes one way. What is zero in a message is absent.
 */

import { ByteError } from '../../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../../base/protobuf.ts';
import { TriliteError } from '../../../model/errors.ts';
import type { ServiceRequest } from '../../../query/service.ts';

/** Parameters and named parts of the path. */
export type Asked = Pick<ServiceRequest, 'params' | 'path'>;

type Params = [name: string, value: string][];

/** Which parameter a field is; how its value is read and written. */
type Fields = Readonly<Record<number, (reader: ProtoReader, params: Params) => void>>;

const text =
  (name: string) =>
  (reader: ProtoReader, params: Params): void => {
    params.push([name, reader.text()]);
  };

const number =
  (name: string, unit = '') =>
  (reader: ProtoReader, params: Params): void => {
    const value = uint64(reader);
    if (value !== 0n) params.push([name, `${value}${unit}`]);
  };

/** A time in ns: so many digits that it is not taken for seconds. Zero is 1970, not an absent time. */
const time =
  (name: string) =>
  (reader: ProtoReader, params: Params): void => {
    params.push([name, timeText(uint64(reader))]);
  };

function timeText(ns: bigint): string {
  return String(ns).padStart(11, '0');
}

function uint64(reader: ProtoReader): bigint {
  reader.expect(WIRE.varint);
  reader.varint64();
  return (BigInt(reader.high) << 32n) | BigInt(reader.low);
}

/** Throws `bad_data`. Of a field that stands twice the last is taken, which the first of its parameters is. */
function read(message: Uint8Array, fields: Fields): Params {
  const params: Params = [];
  const reader = new ProtoReader(message);
  try {
    while (reader.next()) {
      const take = fields[reader.field];
      if (take) take(reader, params);
      else reader.skip();
    }
  } catch (error) {
    if (error instanceof ByteError) throw new TriliteError('bad_data', `malformed request: ${error.message}`);
    throw error;
  }
  return params.reverse();
}

/** SearchRequest. Entries of the map in field 1 become one list in logfmt. */
export function searchAsked(message: Uint8Array): Asked {
  const tags: string[] = [];
  const params = read(message, {
    1: (reader) => {
      tags.push(mapEntry(reader));
    },
    2: number('minDuration', 'ms'),
    3: number('maxDuration', 'ms'),
    4: number('limit'),
    5: number('start'),
    6: number('end'),
    8: text('q'),
    9: number('spss'),
  });
  if (tags.length > 0) params.push(['tags', tags.join(' ')]);
  return { params, path: {} };
}

/** 1 key, 2 value. */
function mapEntry(reader: ProtoReader): string {
  const outer = reader.enter();
  let key = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) key = reader.text();
    else if (reader.field === 2) value = reader.text();
    else reader.skip();
  }
  reader.leave(outer);
  return `${key}="${value.replace(/["\\]/g, '\\$&')}"`;
}

/** SearchTagsRequest. */
export function tagsAsked(message: Uint8Array): Asked {
  const params = read(message, {
    1: text('scope'),
    2: text('q'),
    3: number('start'),
    4: number('end'),
    5: number('limit'),
  });
  return { params, path: {} };
}

/** SearchTagValuesRequest. */
export function tagValuesAsked(message: Uint8Array): Asked {
  const params = read(message, {
    1: text('tagName'),
    2: text('q'),
    4: number('start'),
    5: number('end'),
    6: number('limit'),
  });
  const name = params.find(([key]) => key === 'tagName')?.[1] ?? '';
  return { params, path: { name } };
}

/** QueryRangeRequest; times and the step are in ns. */
export function rangeAsked(message: Uint8Array): Asked {
  return withTimes(
    read(message, {
      1: text('q'),
      2: time('start'),
      3: time('end'),
      4: number('step', 'ns'),
      16: number('exemplars'),
      17: number('maxSeries'),
    }),
  );
}

/** QueryInstantRequest. */
export function instantAsked(message: Uint8Array): Asked {
  return withTimes(read(message, { 1: text('q'), 2: time('start'), 3: time('end') }));
}

function withTimes(params: Params): Asked {
  return { params: [...params, ['start', timeText(0n)], ['end', timeText(0n)]], path: {} };
}

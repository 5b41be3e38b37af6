/**
 * The messages of both answers, gone through for their series; samples stay as they are.
 *
 *   ReadResponse         1 results    QueryResult  1 timeseries    TimeSeries  1 labels, samples
 *   ChunkedReadResponse  1 series {1 labels, 2 chunks}  2 index of the query
 *   Chunk                1 first time ms  2 last time ms  3 encoding  4 data
 *   Label                1 name  2 value
 */

import { utf8Decode } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { compareText, Labels } from '../../model/labels.ts';
import type { RemoteChunk } from './remote-series.ts';

/** Calls `take` for each series of an answer in samples to one query. Throws `ByteError`, or `Error` for labels. */
export function readSamplesAnswer(
  message: Uint8Array,
  take: (labels: Labels, series: Uint8Array) => void,
): void {
  const r = new ProtoReader(message);
  let results = 0;
  const found: (readonly [Labels, Uint8Array])[] = [];
  while (r.next()) {
    if (r.field !== 1) {
      r.skip();
      continue;
    }
    results++;
    const result = r.enter();
    while (r.next()) {
      if (r.field === 1) found.push(readSeries(r.bytes()));
      else r.skip();
    }
    r.leave(result);
  }
  if (results !== 1) throw new Error(`responses: want 1, got ${results}`);
  for (const [labels, series] of found) take(labels, series);
}

function readSeries(series: Uint8Array): readonly [Labels, Uint8Array] {
  const r = new ProtoReader(series);
  const pairs: string[] = [];
  while (r.next()) {
    if (r.field === 1) readLabel(r, pairs);
    else r.skip();
  }
  return [labelsOf(pairs), series];
}

/** Calls `take` for each series in a frame's message. Throws as `readSamplesAnswer`. */
export function readChunkedMessage(
  message: Uint8Array,
  take: (labels: Labels, chunks: readonly RemoteChunk[]) => void,
): void {
  const r = new ProtoReader(message);
  while (r.next()) {
    if (r.field !== 1) {
      r.skip();
      continue;
    }
    const series = r.enter();
    const pairs: string[] = [];
    const chunks: RemoteChunk[] = [];
    while (r.next()) {
      if (r.field === 1) readLabel(r, pairs);
      else if (r.field === 2) chunks.push(readChunk(r));
      else r.skip();
    }
    r.leave(series);
    take(labelsOf(pairs), chunks);
  }
}

function readChunk(r: ProtoReader): RemoteChunk {
  let encoding = 0;
  let data = new Uint8Array(0);
  const chunk = r.enter();
  while (r.next()) {
    if (r.field === 3) encoding = r.asVarint();
    else if (r.field === 4) data = r.bytes() as Uint8Array<ArrayBuffer>;
    else r.skip();
  }
  r.leave(chunk);
  return { encoding, data };
}

function readLabel(r: ProtoReader, pairs: string[]): void {
  let name = '';
  let value = '';
  r.expect(WIRE.length);
  const label = r.enter();
  while (r.next()) {
    if (r.field === 1) name = strictText(r, 'name');
    else if (r.field === 2) value = strictText(r, 'value');
    else r.skip();
  }
  r.leave(label);
  if (name === '') throw new Error('invalid label name: ');
  pairs.push(name, value);
}

function strictText(r: ProtoReader, what: string): string {
  const bytes = r.bytes();
  const text = utf8Decode(bytes);
  if (text.includes('\ufffd') && !Buffer.from(text).equals(bytes))
    throw new Error(`invalid label ${what}: ${text}`);
  return text;
}

/** Sorted; an empty value is no label. */
function labelsOf(pairs: readonly string[]): Labels {
  const names: number[] = [];
  for (let i = 0; i < pairs.length; i += 2) names.push(i);
  names.sort((a, b) => compareText(pairs[a]!, pairs[b]!));
  const out: string[] = [];
  for (const [i, at] of names.entries()) {
    const name = pairs[at]!;
    if (i > 0 && name === pairs[names[i - 1]!]) throw new Error(`duplicate label with name: ${name}`);
    if (pairs[at + 1] !== '') out.push(name, pairs[at + 1]!);
  }
  return Labels.fromSorted(out);
}

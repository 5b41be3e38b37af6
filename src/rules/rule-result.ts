/**
 * What a rule's evaluation sends from a reader thread to the front: one buffer, so that nothing there is made or read
 * for each element unless somebody wants to see it.
 *
 *   u32 count, u32 histograms │ f64 values │ u32 ends of keys │ u32 ends of notes │ keys │ notes │ histograms
 *
 * Elements ascend by their keys (canonical label bytes). Notes are an alert's annotations in the same form; a
 * recording rule has none. A histogram is the u32 number of its element and `histogram-bytes.ts`; its value is 0.
 */

import { ByteReader, ByteWriter, compareBytes } from '../base/bytes.ts';
import type { Histogram } from '../model/histogram.ts';
import { Labels } from '../model/labels.ts';
import { readHistogram, writeHistogram } from './histogram-bytes.ts';

const HEADER_BYTES = 8;
const NO_BYTES = new Uint8Array(0);

export interface RuleElement {
  readonly labels: Labels;
  readonly annotations?: Labels | undefined;
  readonly value: number;
  /** In place of the value, of a recording rule. */
  readonly histogram?: Histogram | undefined;
}

/** Byte strings one after another: string i is `bytes[ends[i-1], ends[i])`. */
export interface PackedKeys {
  readonly bytes: Uint8Array;
  readonly ends: Uint32Array;
}

export interface RuleResult {
  readonly keys: PackedKeys;
  readonly notes: PackedKeys;
  readonly values: Float64Array;
  /** Elements that are native histograms, ascending. */
  readonly histograms: readonly ElementHistogram[];
}

export interface ElementHistogram {
  readonly element: number;
  readonly histogram: Histogram;
}

export function keyAt({ bytes, ends }: PackedKeys, i: number): Uint8Array {
  return bytes.subarray(i === 0 ? 0 : ends[i - 1], ends[i]);
}

export function labelsAt(keys: PackedKeys, i: number): Labels {
  return Labels.fromBytes(keyAt(keys, i));
}

/** Packs keys that ascend. */
export function packKeys(all: readonly Uint8Array[]): PackedKeys {
  const ends = new Uint32Array(all.length);
  let length = 0;
  all.forEach((key, i) => {
    length += key.length;
    ends[i] = length;
  });
  const bytes = new Uint8Array(length);
  all.forEach((key, i) => {
    bytes.set(key, i === 0 ? 0 : ends[i - 1]);
  });
  return { bytes, ends };
}

/** Undefined where two elements have the same labels. */
export function encodeResult(elements: readonly RuleElement[]): Uint8Array<ArrayBuffer> | undefined {
  const sorted = elements
    .map((e) => ({ ...e, key: e.labels.toBytes() }))
    .sort((a, b) => compareBytes(a.key, b.key));
  if (sorted.some((e, i) => i > 0 && compareBytes(sorted[i - 1]!.key, e.key) === 0)) return undefined;
  const keys = packKeys(sorted.map((e) => e.key));
  const notes = packKeys(sorted.map((e) => e.annotations?.toBytes() ?? NO_BYTES));
  const histograms = new ByteWriter();
  let histogramCount = 0;
  sorted.forEach(({ histogram }, i) => {
    if (!histogram) return;
    histogramCount++;
    histograms.u32(i);
    writeHistogram(histograms, histogram);
  });
  const count = sorted.length;
  const columns = HEADER_BYTES + count * 16;
  const texts = columns + keys.bytes.length + notes.bytes.length;
  const body = new Uint8Array(texts + histograms.length);
  new Uint32Array(body.buffer, 0, 2).set([count, histogramCount]);
  new Float64Array(body.buffer, HEADER_BYTES, count).set(sorted.map((e) => e.value));
  new Uint32Array(body.buffer, HEADER_BYTES + count * 8, count).set(keys.ends);
  new Uint32Array(body.buffer, HEADER_BYTES + count * 12, count).set(notes.ends);
  body.set(keys.bytes, columns);
  body.set(notes.bytes, columns + keys.bytes.length);
  body.set(histograms.take(), texts);
  return body;
}

/** Views of a buffer that `encodeResult` made and that begins at its start. */
export function decodeResult(body: Uint8Array): RuleResult {
  const { buffer } = body;
  const [count, histogramCount] = new Uint32Array(buffer, 0, 2) as unknown as [number, number];
  const keyEnds = new Uint32Array(buffer, HEADER_BYTES + count * 8, count);
  const noteEnds = new Uint32Array(buffer, HEADER_BYTES + count * 12, count);
  const texts = body.subarray(HEADER_BYTES + count * 16);
  const keyBytes = count === 0 ? 0 : keyEnds[count - 1]!;
  const noteBytes = count === 0 ? 0 : noteEnds[count - 1]!;
  const input = new ByteReader(texts.subarray(keyBytes + noteBytes));
  return {
    values: new Float64Array(buffer, HEADER_BYTES, count),
    keys: { bytes: texts.subarray(0, keyBytes), ends: keyEnds },
    notes: { bytes: texts.subarray(keyBytes, keyBytes + noteBytes), ends: noteEnds },
    histograms: Array.from({ length: histogramCount }, () => ({
      element: input.u32(),
      histogram: readHistogram(input),
    })),
  };
}

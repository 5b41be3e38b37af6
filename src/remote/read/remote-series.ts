/**
 * A series as a remote gave it: its labels, and its samples as they came, which are decoded when they are read. The
 * bytes of chunks are a tenth of their samples', and of the series of an answer one is read at a time.
 */

import { ByteError } from '../../base/bytes.ts';
import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import { histogramProblem, readHistogram, withinSchema } from '../../ingest/decode/remote-write-histogram.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';
import type { Labels } from '../../model/labels.ts';
import { CHUNK_ENCODING } from '../../model/remote-read-wire.ts';
import type { SampleColumns, TimeRange } from '../../storage/interface.ts';
import { readHistogramChunk } from './histogram-chunk-reader.ts';
import { appendHistogram, appendWords, clearRows, orderRows } from './sample-rows.ts';
import { readXorChunk } from './xor-chunk-reader.ts';
import { readXor2Chunk } from './xor2-chunk-reader.ts';

export interface RemoteChunk {
  readonly encoding: number;
  readonly data: Uint8Array;
}

/** Part of a series' samples: a chunk of them, or a whole TimeSeries message. */
export type RemoteSamples = RemoteChunk | { readonly message: Uint8Array };

export class RemoteSeries {
  readonly labels: Labels;
  readonly #range: TimeRange;
  readonly #parts: RemoteSamples[] = [];

  /** `range` is what was asked for; what comes beside it is left out. */
  constructor(labels: Labels, range: TimeRange) {
    this.labels = labels;
    this.#range = range;
  }

  add(part: RemoteSamples): void {
    this.#parts.push(part);
  }

  /** The same samples under the labels without some. */
  without(names: ReadonlySet<string>): RemoteSeries {
    const other = new RemoteSeries(
      this.labels.filter((name) => !names.has(name)),
      this.#range,
    );
    for (const part of this.#parts) other.add(part);
    return other;
  }

  /** As a cursor does. Throws `execution` where the samples cannot be decoded. */
  read(into: SampleColumns): number {
    clearRows(into);
    try {
      for (const part of this.#parts) readPart(part, into);
    } catch (error) {
      if (!(error instanceof ByteError)) throw error;
      throw new TriliteError('execution', `remote_read: ${error.message}`);
    }
    orderRows(into, this.#range.minMs, this.#range.maxMs);
    return into.count;
  }
}

function readPart(part: RemoteSamples, into: SampleColumns): void {
  if ('message' in part) {
    readTimeSeries(part.message, into);
    return;
  }
  const { encoding, data } = part;
  switch (encoding) {
    case CHUNK_ENCODING.xor:
      readXorChunk(data, into);
      return;
    case CHUNK_ENCODING.xor2:
      readXor2Chunk(data, into);
      return;
    case CHUNK_ENCODING.histogram:
    case CHUNK_ENCODING.floatHistogram:
      readHistogramChunk(data, { integer: encoding === CHUNK_ENCODING.histogram, withStarts: false }, into);
      return;
    case CHUNK_ENCODING.histogramWithStarts:
    case CHUNK_ENCODING.floatHistogramWithStarts:
      readHistogramChunk(
        data,
        { integer: encoding === CHUNK_ENCODING.histogramWithStarts, withStarts: true },
        into,
      );
      return;
    default:
      throw new ByteError(`invalid chunk encoding "${encoding}"`, 0);
  }
}

/** TimeSeries {2 samples {1 value, 2 time ms}, 4 histograms}. Of floats and histograms of one time the float counts. */
function readTimeSeries(message: Uint8Array, into: SampleColumns): void {
  const r = new ProtoReader(message);
  const histograms: { readonly timestampMs: number; readonly histogram: Histogram }[] = [];
  while (r.next()) {
    if (r.field !== 2 && r.field !== 4) {
      r.skip();
      continue;
    }
    const outer = r.enter();
    if (r.field === 2) readSample(r, into);
    else histograms.push(readHistogram(r));
    r.leave(outer);
  }
  for (const { timestampMs, histogram } of histograms) {
    const problem = histogramProblem(histogram);
    if (problem !== undefined) throw new ByteError(problem, 0);
    appendHistogram(into, timestampMs, withinSchema(histogram));
  }
}

function readSample(r: ProtoReader, into: SampleColumns): void {
  let low = 0;
  let high = 0;
  let timestampMs = 0;
  while (r.next()) {
    if (r.field === 1) {
      r.expect(WIRE.fixed64);
      r.fixed64();
      ({ low, high } = r);
    } else if (r.field === 2) timestampMs = r.asInt64();
    else r.skip();
  }
  appendWords(into, timestampMs, low, high);
}

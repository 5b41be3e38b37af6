/**
 * Text with samples, OpenMetrics or Prometheus' own, as remote-write requests. A file is read in parts of whole lines: each
 * part is given to the parser behind the lines that describe the family it begins in, so that it means what it means in
 * the file. Every sample has a timestamp: what is imported is not of now.
 */

import { ByteWriter, utf8Encode } from '../base/bytes.ts';
import { parseExposition, readSeriesText } from '../ingest/decode/exposition.ts';
import type { ScrapeBatch } from '../ingest/decode/exposition-lines.ts';
import { TriliteError } from '../model/errors.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { Labels } from '../model/labels.ts';
import type { MetricMetadata } from '../model/metadata.ts';
import { wordsOf } from '../model/sample.ts';
import { metadataRequest } from '../remote/write/request-1.ts';
import { Format2 } from '../remote/write/request-2.ts';
import type { ImportBatch } from './import-batch.ts';
import { readLines } from './read-lines.ts';

/** Of text; a request that is made of it has about as much. */
const PART_BYTES = 512 * 1024;
const HASH = 35;
const EOF_LINE = '# EOF';

export async function* readExposition(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  format: 'openmetrics' | 'prometheus',
): AsyncGenerator<ImportBatch, void> {
  const said = new Map<string, MetricMetadata>();
  const reader = new PartReader(path, format, said);
  let ended = false;
  for await (const { bytes, number } of readLines(path, pieces)) {
    if (ended) throw new TriliteError('bad_data', `${path}:${number}: data behind ${EOF_LINE}`);
    if (
      format === 'openmetrics' &&
      bytes.length === EOF_LINE.length &&
      Buffer.from(bytes).toString() === EOF_LINE
    ) {
      ended = true;
      continue;
    }
    reader.add(bytes, number);
    if (reader.bytes >= PART_BYTES) yield* reader.take();
  }
  yield* reader.take();
  if (format === 'openmetrics' && !ended) {
    throw new TriliteError('bad_data', `${path}: it has no ${EOF_LINE} at its end: the file is cut off`);
  }
  if (said.size > 0) {
    const message = new Uint8Array(metadataRequest(said));
    yield { kind: 'metadata', message, items: said.size, exemplars: 0, place: path };
  }
}

class PartReader {
  readonly #path: string;
  readonly #format: 'openmetrics' | 'prometheus';
  readonly #said: Map<string, MetricMetadata>;
  readonly #part = new ByteWriter(PART_BYTES + 1024);
  /** Lines in front that were in the part before, number of the first behind them. */
  #repeated = 0;
  #firstLine = 1;
  /** The lines that describe the family at hand, and whether a sample came since. */
  #family: Uint8Array[] = [];
  #inSamples = false;
  #lines = 0;

  constructor(path: string, format: 'openmetrics' | 'prometheus', said: Map<string, MetricMetadata>) {
    this.#path = path;
    this.#format = format;
    this.#said = said;
  }

  get bytes(): number {
    return this.#part.length;
  }

  add(line: Uint8Array, number: number): void {
    if (this.#lines === 0) {
      this.#firstLine = number;
      const goesOn = line[0] !== HASH;
      this.#repeated = goesOn ? this.#family.length : 0;
      if (goesOn) for (const of of this.#family) this.#write(of);
    }
    this.#lines++;
    if (line[0] !== HASH) this.#inSamples = true;
    else {
      if (this.#inSamples) this.#family = [];
      this.#inSamples = false;
      this.#family.push(new Uint8Array(line));
    }
    this.#write(line);
  }

  #write(line: Uint8Array): void {
    this.#part.bytes(line);
    this.#part.u8(10);
  }

  *take(): Generator<ImportBatch, void> {
    if (this.#lines === 0) return;
    if (this.#format === 'openmetrics') this.#part.bytes(utf8Encode(`${EOF_LINE}\n`));
    const batch = parseExposition(this.#part.view(), this.#format === 'openmetrics' ? 'openmetrics' : 'text');
    try {
      if (batch.error) throw this.#located(batch.error);
      for (const { family, type, help, unit } of batch.metadata) this.#said.set(family, { type, help, unit });
      if (batch.count > 0) yield this.#request(batch);
    } finally {
      batch.release();
      this.#part.clear();
      this.#lines = 0;
    }
  }

  #located(error: TriliteError): TriliteError {
    const [, words, line] = /^(.*) \(line (\d+)\)$/s.exec(error.message) ?? [];
    const at = line === undefined ? '' : `:${this.#fileLine(Number(line))}`;
    return new TriliteError(error.kind, `${this.#path}${at}: ${words ?? error.message}`);
  }

  /** The file's line of the part's. */
  #fileLine(line: number): number {
    return this.#firstLine + line - 1 - this.#repeated;
  }

  #request(batch: ScrapeBatch): ImportBatch {
    const format = new Format2(() => undefined);
    const writer = format.writer();
    const exemplars = exemplarsOf(batch);
    const known = new Map<string, ReturnType<Format2['encode']>>();
    const samples = { timestamps: batch.timestamps, valueWords: wordsOf(batch.values) };
    let at = 0;
    for (let i = 0; i < batch.count; i++) {
      const start = batch.seriesStart[i]!;
      const end = batch.seriesEnd[i]!;
      const text = Buffer.from(batch.bytes.subarray(start, end)).toString('latin1');
      let series = known.get(text);
      if (!series) known.set(text, (series = format.encode(labelsOf(batch, start, end))));
      const own: Exemplar[] = [];
      for (; exemplars[at]?.sample === i; at++) own.push(exemplars[at]!.exemplar);
      if (Number.isNaN(batch.timestamps[i]!)) throw this.#without(batch, start);
      writer.sample(series, samples, i, own);
    }
    const place = `${this.#path}:${this.#firstLine}`;
    return {
      kind: 'samples',
      message: writer.take(),
      items: batch.count,
      exemplars: exemplars.length,
      place,
    };
  }

  #without(batch: ScrapeBatch, start: number): TriliteError {
    let line = 1;
    for (let i = 0; i < start; i++) if (batch.bytes[i] === 10) line++;
    const what = 'the sample has no timestamp, and what is imported is not of now';
    return new TriliteError('bad_data', `${this.#path}:${this.#fileLine(line)}: ${what}`);
  }
}

function labelsOf(batch: ScrapeBatch, start: number, end: number): Labels {
  const pairs = readSeriesText(batch.bytes, start, end, batch.dialect);
  const entries: [string, string][] = [];
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i + 1] !== '') entries.push([pairs[i]!, pairs[i + 1]!]);
  return Labels.from(entries);
}

function exemplarsOf({ exemplars, timestamps }: ScrapeBatch) {
  return exemplars.map(({ sample, labels, value, timestampMs = timestamps[sample]! }) => ({
    sample,
    exemplar: { labels, value, timestampMs },
  }));
}

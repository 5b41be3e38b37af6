/**
 * Samples as OpenMetrics text, with the timestamps that backfilling wants: `promtool tsdb create-blocks-from openmetrics`
 * makes blocks of it. A family's lines stand together under its HELP, TYPE and UNIT, each series' samples in the order of
 * time, an exemplar behind the first sample that is not before it.
 *
 * The text has no stale markers and no native histograms: they are left out and counted. It has one NaN, and no start times
 * (`_created` is a series of its own there, which promtool would make a sample of).
 */

import { decodeRemoteWrite1 } from '../ingest/decode/remote-write.ts';
import { decodeRemoteWrite2 } from '../ingest/decode/remote-write-v2.ts';
import type { MetricBatch } from '../model/batch.ts';
import type { Exemplar } from '../model/exemplar.ts';
import { formatFloat } from '../model/float-format.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import type { MetricMetadata, MetricType } from '../model/metadata.ts';
import { isStale, wordsOf } from '../model/sample.ts';
import type { SourcedMessage } from './export-source.ts';
import type { OutputFile } from './output-file.ts';
import type { Sink } from './sink.ts';
import { Tally } from './tally.ts';

const PLAIN_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const PLAIN_LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const NORMAL_NAN = [1, 0x7ff80000] as const;
/** Of these types a family's samples have more behind its name. */
const SUFFIXES: Readonly<Partial<Record<MetricType, RegExp>>> = {
  counter: /_(total|created)$/,
  histogram: /_(bucket|sum|count|created)$/,
  gaugehistogram: /_(bucket|gsum|gcount)$/,
  summary: /_(sum|count|created)$/,
  info: /_info$/,
};
const WRITE_CHARS = 256 * 1024;

export class OpenMetricsSink implements Sink {
  readonly tally = new Tally('samples');
  readonly #file: OutputFile;
  readonly #metadata = new Map<string, MetricMetadata>();
  #family: string | undefined;
  readonly #text: string[] = [];
  #chars = 0;

  constructor(file: OutputFile) {
    this.#file = file;
  }

  async take({ kind, message }: SourcedMessage): Promise<void> {
    if (kind === 'metadata') {
      // The newest of a family comes last.
      for (const { family, ...said } of decodeRemoteWrite1(message).metadata)
        this.#metadata.set(family, said);
      return;
    }
    this.#batch(decodeRemoteWrite2(message).batch);
    if (this.#chars >= WRITE_CHARS) await this.#write();
  }

  #put(text: string): void {
    this.#text.push(text);
    this.#chars += text.length;
  }

  #batch(batch: MetricBatch): void {
    const exemplars = exemplarsBySeries(batch);
    const words = wordsOf(batch.values);
    for (let i = 0; i < batch.sampleCount; ) {
      const series = batch.sampleSeries[i]!;
      const labels = batch.labels(series);
      const first = i;
      while (i < batch.sampleCount && batch.sampleSeries[i] === series) i++;
      if (labels) this.#series(labels, batch, words, first, i, exemplars.get(series) ?? []);
      exemplars.delete(series);
    }
    const { histograms } = batch;
    if (histograms.length > 0) this.tally.notCarried('native histogram samples', histograms.length);
    for (const left of exemplars.values()) {
      this.tally.notCarried('exemplars of series without samples here', left.length);
    }
  }

  #series(
    labels: Labels,
    { timestamps, values, startTimestamps }: MetricBatch,
    words: Uint32Array,
    from: number,
    to: number,
    exemplars: readonly Exemplar[],
  ): void {
    const { tally } = this;
    this.#begin(labels.get(METRIC_NAME));
    const head = seriesText(labels);
    let next = 0;
    let lines = '';
    for (let i = from; i < to; i++) {
      if (isStale(words, i)) {
        tally.notCarried('stale markers');
        continue;
      }
      const value = values[i]!;
      if (value !== value && (words[2 * i] !== NORMAL_NAN[0] || words[2 * i + 1] !== NORMAL_NAN[1])) {
        tally.notCarried('NaNs with bits of their own, which are plain ones here');
      }
      if (startTimestamps && startTimestamps[i] !== 0) tally.notCarried('start times');
      lines += `${head} ${formatFloat(value)} ${timeText(timestamps[i]!)}`;
      const exemplar = exemplars[next];
      if (exemplar && (exemplar.timestampMs <= timestamps[i]! || i === to - 1)) {
        lines += exemplarText(exemplar);
        next++;
        tally.taken(1, 1);
      } else tally.taken(1);
      lines += '\n';
    }
    if (next < exemplars.length) {
      tally.notCarried('exemplars more than samples to put them behind', exemplars.length - next);
    }
    this.#put(lines);
  }

  /** Opens the family of a metric, if it is another one than before. */
  #begin(metric: string): void {
    const { name, said } = this.#familyOf(metric);
    if (name === this.#family) return;
    this.#family = name;
    if (!said) return;
    const shown = PLAIN_METRIC.test(name) ? name : quoted(name);
    if (said.type !== 'unknown') this.#put(`# TYPE ${shown} ${said.type}\n`);
    if (said.help !== '') this.#put(`# HELP ${shown} ${escaped(said.help)}\n`);
    // A unit that the name does not end in makes the whole file invalid.
    if (said.unit !== '' && name.endsWith(`_${said.unit}`)) this.#put(`# UNIT ${shown} ${said.unit}\n`);
    else if (said.unit !== '') this.tally.notCarried('units that their metrics are not named by');
  }

  /** A counter's family is named without `_total`, whatever it was described under. */
  #familyOf(metric: string): { readonly name: string; readonly said: MetricMetadata | undefined } {
    const own = this.#metadata.get(metric);
    const base = metric.replace(/_[a-z]+$/, '');
    if (own) {
      return { name: own.type === 'counter' && metric.endsWith('_total') ? base : metric, said: own };
    }
    const said = this.#metadata.get(base);
    return said && SUFFIXES[said.type]?.test(metric)
      ? { name: base, said }
      : { name: metric, said: undefined };
  }

  async #write(): Promise<void> {
    const text = this.#text.join('');
    this.#text.length = 0;
    this.#chars = 0;
    await this.#file.write(text);
  }

  async finish(): Promise<void> {
    this.#put('# EOF\n');
    await this.#write();
    await this.#file.close();
  }
}

function exemplarsBySeries({ exemplars }: MetricBatch): Map<number, Exemplar[]> {
  const by = new Map<number, Exemplar[]>();
  for (const { series, exemplar } of exemplars) {
    const list = by.get(series);
    if (list) list.push(exemplar);
    else by.set(series, [exemplar]);
  }
  return by;
}

function seriesText({ pairs }: Labels): string {
  let name = '';
  const inside: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) {
    const value = pairs[i + 1]!;
    if (pairs[i] !== METRIC_NAME) inside.push(`${labelName(pairs[i]!)}=${quoted(value)}`);
    else if (PLAIN_METRIC.test(value)) name = value;
    else inside.unshift(quoted(value));
  }
  return inside.length === 0 ? name : `${name}{${inside.join(',')}}`;
}

function labelName(name: string): string {
  return PLAIN_LABEL.test(name) ? name : quoted(name);
}

function exemplarText(exemplar: Exemplar): string {
  const { labels, value, timestampMs } = exemplar;
  const pairs: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    pairs.push(`${labelName(labels.pairs[i]!)}=${quoted(labels.pairs[i + 1]!)}`);
  }
  return ` # {${pairs.join(',')}} ${formatFloat(value)} ${timeText(timestampMs)}`;
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

function escaped(text: string): string {
  return text.replace(/[\\"\n]/g, (c) => (c === '\n' ? '\\n' : `\\${c}`));
}

/**
 * Milliseconds as seconds. Readers multiply by a thousand and cut off, which makes a millisecond less of some: those get a
 * tenth of one more.
 */
export function timeText(ms: number): string {
  const negative = ms < 0;
  const abs = Math.abs(ms);
  const rest = abs % 1000;
  const text = `${negative ? '-' : ''}${Math.floor(abs / 1000)}${rest === 0 ? '' : `.${String(rest).padStart(3, '0')}`}`;
  return Math.trunc(Number(text) * 1000) === ms ? text : `${text}1`;
}

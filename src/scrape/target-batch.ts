/**
 * A scrape as a batch: samples under the numbers that the target's cache gave their series, stale markers for
 * series that vanished, and the report series (`up`, `scrape_…`). Keys are those numbers, four bytes each, in
 * the target's own key space; the first few belong to the report series.
 *
 * A scrape that fails keeps none of its samples: everything the last one had goes stale.
 */

import { assert } from '../base/assert.ts';
import { utf8Decode, utf8Encode } from '../base/bytes.ts';
import { atLine, type ScrapeBatch, type ScrapedExemplar } from '../ingest/decode/exposition-lines.ts';
import { MetricRows } from '../ingest/decode/metric-rows.ts';
import { readSeries } from '../ingest/decode/series-text.ts';
import type { FamilyMetadata, MetricBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import { type Labels, METRIC_NAME } from '../model/labels.ts';
import { type ConvertedHistogram, convertClassicHistograms } from './classic-histograms.ts';
import { type LabelRules, sampleLabels } from './sample-labels.ts';
import { SeriesCache } from './series-cache.ts';
import { StalenessTracker } from './staleness.ts';

const REPORT_NAMES = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
  'scrape_timeout_seconds',
  'scrape_sample_limit',
  'scrape_body_size_bytes',
] as const;
const REPORT_NAMES_BASIC = 5;

/** What a scrape says of itself. */
export interface ScrapeReport {
  readonly up: boolean;
  readonly durationSeconds: number;
  /** Samples in the exposition, up to the bad line where there is one. */
  readonly scraped: number;
  /** Of these, the ones that metric relabelling left. */
  readonly postRelabel: number;
  /** Series that the scrape before had not. */
  readonly added: number;
  readonly timeoutSeconds: number;
  readonly sampleLimit: number;
  readonly bodyBytes: number;
}

export interface Collected {
  readonly scraped: number;
  readonly postRelabel: number;
  readonly added: number;
  /** Why the scrape fails, if it does. */
  readonly error: TriliteError | undefined;
}

const NOTHING: Collected = { scraped: 0, postRelabel: 0, added: 0, error: undefined };
// What a series text means depends on more than its bytes: the context it is cached under.
const NORMALIZE_BITS = 3;
const DIALECT_BIT = 4;
/** The text is JSON of name and value pairs: a classic histogram converted to one with custom buckets. */
const CONVERTED_BIT = 8;

export class TargetBatch {
  readonly #space: number;
  readonly #rules: LabelRules;
  readonly #cache = new SeriesCache(REPORT_NAMES.length);
  readonly #staleness = new StalenessTracker(this.#cache);
  /** Scrapes begun. */
  #scrape = 0;
  // Counts of the scrape under way.
  #scraped = 0;
  #postRelabel = 0;
  #added = 0;
  #rows = new MetricRows(0, 0);
  /** Slot of each row; -1 - n is report series n. */
  #slots = new Int32Array(0);
  /** 1 where the row's sample has a time of its own and so never goes stale. */
  #stamped = new Uint8Array(0);
  /** Labels made in this scrape, by slot: storage asks for them right after. */
  #fresh = new Map<number, Labels>();
  /** What storage has been told of the families. */
  readonly #told = new Map<string, string>();

  constructor(space: number, rules: LabelRules) {
    this.#space = space;
    this.#rules = rules;
  }

  /** Begins the batch of the next scrape. */
  begin(sampleEstimate: number): void {
    this.#scrape++;
    this.#clear(sampleEstimate);
    this.#fresh = new Map();
  }

  /** Takes an exposition in; on an error the batch holds none of it. */
  collect(scrape: ScrapeBatch, timeMs: number): Collected {
    const { config } = this.#rules;
    this.#scraped = 0;
    this.#postRelabel = 0;
    this.#added = 0;
    const converted = config.convertClassicHistogramsToNhcb ? convertClassicHistograms(scrape) : undefined;
    const skip = config.alwaysScrapeClassicHistograms ? undefined : converted?.classic;
    let error = this.#collectSamples(scrape, timeMs, skip) ?? scrape.error;
    if (converted && error === undefined) error = this.#collectHistograms(converted.histograms, timeMs);
    if (error === undefined && config.sampleLimit > 0 && this.#postRelabel > config.sampleLimit) {
      error = new TriliteError('limit', 'sample limit exceeded');
    }
    if (error !== undefined) this.#clear(0);
    else this.#trackRows();
    return { scraped: this.#scraped, postRelabel: this.#postRelabel, added: this.#added, error };
  }

  /** Returns the error of the first sample that fails the scrape; samples marked in `skip` are passed over. */
  #collectSamples(
    scrape: ScrapeBatch,
    timeMs: number,
    skip: Uint8Array | undefined,
  ): TriliteError | undefined {
    const { honorTimestamps, trackTimestampsStaleness } = this.#rules.config;
    const cache = this.#cache;
    const contextBit = scrape.dialect === 'openmetrics' ? DIALECT_BIT : 0;
    let exemplar = 0;
    for (let index = 0; index < scrape.count; index++) {
      if (skip !== undefined && skip[index] === 1) continue;
      const start = scrape.seriesStart[index]!;
      const end = scrape.seriesEnd[index]!;
      const context = scrape.normalize[index]! | contextBit;
      let slot = cache.find(scrape.bytes, start, end, context);
      if (slot < 0) {
        try {
          const pairs = readSeries(scrape.bytes, start, scrape.dialect);
          // A line that cannot be read is no sample; one whose labels are refused is.
          this.#scraped++;
          slot = this.#addSeries(scrape.bytes, start, end, context, pairs);
        } catch (e) {
          if (!(e instanceof TriliteError)) throw e;
          return e.kind === 'limit' ? e : atLine(e, scrape.bytes, start);
        }
      } else this.#scraped++;
      const own = scrape.timestamps[index]!;
      const explicit = honorTimestamps && own === own;
      if (!this.#visit(slot, explicit)) continue;
      const row = this.#addRow(slot);
      const sampleMs = explicit ? own : timeMs;
      this.#rows.addSample(row, sampleMs, scrape.values[index]!);
      if (explicit && !trackTimestampsStaleness) this.#stamped[row] = 1;
      while (exemplar < scrape.exemplars.length && scrape.exemplars[exemplar]!.sample < index) exemplar++;
      for (; scrape.exemplars[exemplar]?.sample === index; exemplar++) {
        this.#addExemplar(row, scrape.exemplars[exemplar]!, sampleMs);
      }
    }
    return undefined;
  }

  #collectHistograms(histograms: readonly ConvertedHistogram[], timeMs: number): TriliteError | undefined {
    const { honorTimestamps, trackTimestampsStaleness } = this.#rules.config;
    for (const h of histograms) {
      const text = utf8Encode(JSON.stringify(h.pairs));
      let slot = this.#cache.find(text, 0, text.length, CONVERTED_BIT);
      this.#scraped++;
      try {
        if (slot < 0) slot = this.#addSeries(text, 0, text.length, CONVERTED_BIT, [...h.pairs]);
      } catch (e) {
        if (e instanceof TriliteError) return e;
        throw e;
      }
      const explicit = honorTimestamps && h.timestampMs !== undefined;
      if (!this.#visit(slot, explicit)) continue;
      const row = this.#addRow(slot);
      const timestampMs = explicit ? h.timestampMs! : timeMs;
      this.#rows.histograms.push({ series: row, timestampMs, startTimestampMs: 0, histogram: h.histogram });
      if (explicit && !trackTimestampsStaleness) this.#stamped[row] = 1;
    }
    return undefined;
  }

  /** Counts a series of this scrape; false where nothing of it is to be stored. */
  #visit(slot: number, explicit: boolean): boolean {
    const cache = this.#cache;
    const scrape = this.#scrape;
    const seen = cache.seen[slot]!;
    cache.seen[slot] = scrape;
    if (cache.ids[slot] === 0) return false;
    this.#postRelabel++;
    if (seen === scrape) return explicit; // The first of equal series wins, unless each has a time of its own.
    if (seen === 0 || seen < scrape - 1) this.#added++;
    return true;
  }

  #addExemplar(row: number, e: ScrapedExemplar, sampleMs: number): void {
    const timestampMs = e.timestampMs ?? sampleMs;
    this.#rows.exemplars.push({ series: row, exemplar: { labels: e.labels, value: e.value, timestampMs } });
  }

  /** A scrape of which nothing came. */
  collectNothing(): Collected {
    return NOTHING;
  }

  #addSeries(bytes: Uint8Array, start: number, end: number, context: number, pairs: string[]): number {
    const labels = sampleLabels(pairs, context & NORMALIZE_BITS, this.#rules);
    const slot = this.#cache.add(bytes, start, end, context, labels === undefined);
    if (labels) this.#fresh.set(slot, labels);
    return slot;
  }

  #addRow(slot: number): number {
    const row = this.#rows.addSeries(0, 0);
    if (row === this.#slots.length) {
      const slots = new Int32Array(row * 2);
      slots.set(this.#slots);
      this.#slots = slots;
      const stamped = new Uint8Array(row * 2);
      stamped.set(this.#stamped);
      this.#stamped = stamped;
    }
    this.#slots[row] = slot;
    return row;
  }

  /** Drops all rows; room for about `rows` of them. */
  #clear(rows: number): void {
    this.#rows = new MetricRows(rows, rows);
    this.#slots = new Int32Array(this.#rows.keyStart.length);
    this.#stamped = new Uint8Array(this.#rows.keyStart.length);
  }

  #trackRows(): void {
    const n = this.#rows.seriesCount;
    for (let row = 0; row < n; row++) {
      if (this.#stamped[row] === 0) this.#staleness.track(this.#slots[row]!, this.#scrape);
    }
  }

  /** Adds stale markers for what the previous scrape had and this one has not. */
  markVanished(timeMs: number): void {
    this.#staleness.forEachVanished(this.#scrape, (slot) => this.#rows.addStale(this.#addRow(slot), timeMs));
  }

  addReport(report: ScrapeReport, timeMs: number): void {
    const values = [
      report.up ? 1 : 0,
      report.durationSeconds,
      report.scraped,
      report.postRelabel,
      report.added,
      report.timeoutSeconds,
      report.sampleLimit,
      report.bodyBytes,
    ];
    const n = this.#reportCount();
    for (let i = 0; i < n; i++) this.#rows.addSample(this.#addRow(-1 - i), timeMs, values[i]!);
  }

  /** Adds stale markers for the report series: the target is gone. */
  addStaleReport(timeMs: number): void {
    const n = this.#reportCount();
    for (let i = 0; i < n; i++) this.#rows.addStale(this.#addRow(-1 - i), timeMs);
  }

  #reportCount(): number {
    return this.#rules.config.extraScrapeMetrics ? REPORT_NAMES.length : REPORT_NAMES_BASIC;
  }

  /** Adds what changed of the families since storage was told last. */
  addMetadata(families: readonly FamilyMetadata[]): void {
    for (const f of families) {
      const text = `${f.type}\n${f.unit}\n${f.help}`;
      if (this.#told.get(f.family) === text) continue;
      this.#told.set(f.family, text);
      this.#rows.metadata.push(f);
    }
  }

  /** The finished batch. */
  finish(): MetricBatch {
    const rows = this.#rows;
    const slots = this.#slots;
    const cache = this.#cache;
    const n = rows.seriesCount;
    const ids = new Uint32Array(n);
    for (let row = 0; row < n; row++) {
      const slot = slots[row]!;
      ids[row] = slot < 0 ? -slot : cache.ids[slot]!;
      rows.keyStart[row] = row * 4;
      rows.keyEnd[row] = row * 4 + 4;
    }
    const fresh = this.#fresh;
    const labels = (row: number): Labels | undefined => {
      const slot = slots[row]!;
      if (slot < 0) return this.#rules.target.with(METRIC_NAME, REPORT_NAMES[-slot - 1]!);
      return fresh.get(slot) ?? this.#labelsAgain(slot, ids[row]!);
    };
    return rows.batch(this.#space, new Uint8Array(ids.buffer), labels);
  }

  /** Storage asks for the labels of a series it has forgotten: they are made again from the text. */
  #labelsAgain(slot: number, id: number): Labels | undefined {
    const cache = this.#cache;
    // Slots move only in `sweep`, after storage took the batch.
    assert(cache.ids[slot] === id, `slot ${slot} is not series ${id} any more`);
    const context = cache.context[slot]!;
    const text = cache.text(slot);
    const dialect = (context & DIALECT_BIT) !== 0 ? 'openmetrics' : 'text';
    const pairs: string[] =
      (context & CONVERTED_BIT) !== 0 ? JSON.parse(utf8Decode(text)) : readSeries(text, 0, dialect);
    return sampleLabels(pairs, context & NORMALIZE_BITS, this.#rules);
  }

  /** After storage took the batch: forgets texts that no scrape had for long. */
  sweep(): void {
    this.#fresh.clear();
    this.#cache.sweep(this.#scrape);
  }
}

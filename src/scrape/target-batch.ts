/**
 * A scrape as a batch: samples under the slots that the target's cache gave their series, stale markers for
 * series that vanished, and the report series (`up`, `scrape_…`), which the slots below 0 are of.
 *
 * A scrape that fails keeps none of its samples: everything the last one had goes stale.
 */

import {
  atLine,
  NORMALIZE,
  type ScrapeBatch,
  type ScrapedExemplar,
  type ScrapedHistogram,
  START,
} from '../ingest/decode/exposition-lines.ts';
import { histogramProblem } from '../ingest/decode/remote-write-histogram.ts';
import type { FamilyMetadata, MetricBatch } from '../model/batch.ts';
import { TriliteError } from '../model/errors.ts';
import { METRIC_NAME } from '../model/labels.ts';
import { convertClassicHistograms } from './classic-histograms.ts';
import { finestSchema, limitResolution } from './histogram-limits.ts';
import type { LabelRules } from './sample-labels.ts';
import { REPORT_NAMES, REPORT_NAMES_BASIC, reportValues, type ScrapeReport } from './scrape-report.ts';
import { noHandles, type SeriesCache } from './series-cache.ts';
import { giveBack, type SlotRows, takeRows } from './slot-rows.ts';
import { StalenessTracker } from './staleness.ts';
import { StartTimes } from './start-times.ts';
import { contextOf, readPairs, TargetSeries } from './target-series.ts';

export interface Collected {
  readonly scraped: number;
  readonly postRelabel: number;
  readonly added: number;
  /** Why the scrape fails, if it does. */
  readonly error: TriliteError | undefined;
}

const NOTHING: Collected = { scraped: 0, postRelabel: 0, added: 0, error: undefined };
export class TargetBatch {
  readonly #rules: LabelRules;
  readonly #series: TargetSeries;
  readonly #cache: SeriesCache;
  readonly #staleness: StalenessTracker;
  /** Undefined where created lines are samples. */
  readonly #starts: StartTimes | undefined;
  readonly #schemaMax: number;
  readonly #reportHandles = noHandles(REPORT_NAMES.length);
  /** Scrapes begun. */
  #scrape = 0;
  // Counts of the scrape under way.
  #scraped = 0;
  #postRelabel = 0;
  #added = 0;
  /** The next exemplar to be attached. */
  #exemplar = 0;
  #bucketLimitHit = false;
  #out: SlotRows = takeRows(0);
  /** What storage has been told of the families. */
  readonly #told = new Map<string, string>();

  constructor(rules: LabelRules) {
    const { startTimestamps, nativeHistogramMinBucketFactor } = rules.config;
    this.#rules = rules;
    this.#series = new TargetSeries(rules);
    this.#cache = this.#series.cache;
    this.#staleness = new StalenessTracker(this.#cache);
    this.#starts = startTimestamps ? new StartTimes() : undefined;
    this.#schemaMax = finestSchema(nativeHistogramMinBucketFactor);
  }

  /** Begins the batch of the next scrape. */
  begin(sampleEstimate: number): void {
    this.#scrape++;
    this.#out = takeRows(sampleEstimate);
    this.#series.begin();
  }

  /** Takes an exposition in; on an error the batch holds none of it. */
  collect(scrape: ScrapeBatch, timeMs: number): Collected {
    const { config } = this.#rules;
    this.#scraped = 0;
    this.#postRelabel = 0;
    this.#added = 0;
    this.#exemplar = 0;
    this.#bucketLimitHit = false;
    this.#starts?.clear();
    // In protobuf decoding has converted them.
    const convert = config.convertClassicHistogramsToNhcb && scrape.dialect !== 'protobuf';
    const converted = convert ? convertClassicHistograms(scrape) : undefined;
    const classic = config.alwaysScrapeClassicHistograms ? undefined : converted?.classic;
    const skip = this.#starts
      ? this.#series.noteStarts(this.#starts, scrape, this.#scrape, classic)
      : classic;
    let error = this.#collectInOrder(scrape, timeMs, skip) ?? scrape.error;
    for (const h of converted?.histograms ?? []) {
      error ??= this.#collectHistogram(converted!.bytes, h, this.#convertedContext(), timeMs);
    }
    error ??= this.#limitError();
    if (error !== undefined) this.#out.reset();
    else {
      this.#starts?.place(this.#out, this.#cache.groups!);
      this.#trackRows();
    }
    return { scraped: this.#scraped, postRelabel: this.#postRelabel, added: this.#added, error };
  }

  #limitError(): TriliteError | undefined {
    const { sampleLimit } = this.#rules.config;
    if (sampleLimit > 0 && this.#postRelabel > sampleLimit) {
      return new TriliteError('limit', 'sample limit exceeded');
    }
    return this.#bucketLimitHit ? new TriliteError('limit', 'histogram bucket limit exceeded') : undefined;
  }

  /** Samples and native histograms as they stand in the exposition. */
  #collectInOrder(
    scrape: ScrapeBatch,
    timeMs: number,
    skip: Uint8Array | undefined,
  ): TriliteError | undefined {
    const context = contextOf(0, scrape.dialect);
    let from = 0;
    for (const h of scrape.histograms) {
      const error =
        this.#collectSamples(scrape, from, h.before, timeMs, skip) ??
        this.#collectHistogram(scrape.bytes, h, context, timeMs);
      if (error !== undefined) return error;
      from = h.before;
    }
    return this.#collectSamples(scrape, from, scrape.count, timeMs, skip);
  }

  /** Returns the error of the first sample that fails the scrape; samples marked in `skip` are passed over. */
  #collectSamples(
    scrape: ScrapeBatch,
    from: number,
    to: number,
    timeMs: number,
    skip: Uint8Array | undefined,
  ): TriliteError | undefined {
    const { honorTimestamps, trackTimestampsStaleness } = this.#rules.config;
    const cache = this.#cache;
    const out = this.#out;
    const { rows } = out;
    const form = contextOf(0, scrape.dialect);
    const { bytes, seriesStart, seriesEnd, normalize, values, timestamps, startTimestamps, exemplars } =
      scrape;
    for (let index = from; index < to; index++) {
      if (skip !== undefined && skip[index] === 1) continue;
      const context = normalize[index]! | form;
      let slot = cache.find(bytes, seriesStart[index]!, seriesEnd[index]!, context);
      if (slot < 0) {
        const added = this.#addSeries(scrape, index, context);
        if (typeof added !== 'number') return added;
        slot = added;
      }
      this.#scraped++;
      const own = timestamps[index]!;
      const explicit = honorTimestamps && own === own;
      if (!this.#visit(slot, explicit)) continue;
      const row = out.add(slot);
      const sampleMs = explicit ? own : timeMs;
      const sample = rows.addSample(row, sampleMs, values[index]!);
      if (startTimestamps !== undefined) rows.setStart(sample, startTimestamps[index]!);
      if (explicit && !trackTimestampsStaleness) out.stamped[row] = 1;
      if (exemplars.length > 0) this.#addExemplars(row, exemplars, index, sampleMs);
    }
    return undefined;
  }

  /** The slot of the new series of sample `index`, or why the scrape fails. */
  #addSeries(scrape: ScrapeBatch, index: number, context: number): number | TriliteError {
    const start = scrape.seriesStart[index]!;
    const end = scrape.seriesEnd[index]!;
    let readable = false;
    try {
      const pairs = readPairs(scrape.bytes, start, end, context);
      readable = true;
      return this.#series.add(scrape.bytes, start, end, context, pairs);
    } catch (e) {
      if (!(e instanceof TriliteError)) throw e;
      // A line that cannot be read is no sample; one whose labels are refused is.
      if (readable) this.#scraped++;
      return e.kind === 'limit' || scrape.dialect === 'protobuf' ? e : atLine(e, scrape.bytes, start);
    }
  }

  #collectHistogram(
    bytes: Uint8Array,
    h: ScrapedHistogram,
    context: number,
    timeMs: number,
  ): TriliteError | undefined {
    const { config } = this.#rules;
    const { seriesStart: start, seriesEnd: end } = h;
    let slot = this.#cache.find(bytes, start, end, context);
    try {
      const pairs = slot < 0 ? readPairs(bytes, start, end, context) : undefined;
      this.#scraped++;
      if (pairs) slot = this.#series.add(bytes, start, end, context, pairs);
    } catch (e) {
      if (e instanceof TriliteError) return e;
      throw e;
    }
    const problem = this.#cache.kept[slot] === 0 ? undefined : histogramProblem(h.histogram);
    if (problem !== undefined) return new TriliteError('bad_data', problem);
    const explicit = config.honorTimestamps && h.timestampMs !== undefined;
    if (!this.#visit(slot, explicit)) return undefined;
    const histogram = limitResolution(h.histogram, this.#schemaMax, config.nativeHistogramBucketLimit);
    if (histogram === undefined) {
      // The rest is counted before the scrape fails.
      this.#bucketLimitHit = true;
      return undefined;
    }
    const out = this.#out;
    const row = out.add(slot);
    const timestampMs = explicit ? h.timestampMs! : timeMs;
    const { startTimestampMs } = h;
    out.rows.histograms.push({ series: row, timestampMs, startTimestampMs, histogram });
    for (const exemplar of h.exemplars) out.rows.exemplars.push({ series: row, exemplar });
    if (explicit && !config.trackTimestampsStaleness) out.stamped[row] = 1;
    return undefined;
  }

  #convertedContext(): number {
    return contextOf(this.#starts ? START.sample | NORMALIZE.le : 0, 'converted');
  }

  /** Counts a series of this scrape; false where nothing of it is to be stored. */
  #visit(slot: number, explicit: boolean): boolean {
    const cache = this.#cache;
    const scrape = this.#scrape;
    const seen = cache.seen[slot]!;
    cache.seen[slot] = scrape;
    if (cache.kept[slot] === 0) return false;
    this.#postRelabel++;
    if (seen === scrape) return explicit; // The first of equal series wins, unless each has a time of its own.
    if (seen === 0 || seen < scrape - 1) this.#added++;
    return true;
  }

  /** The exemplars of sample `index`; those of samples that were passed over are left behind. */
  #addExemplars(row: number, exemplars: readonly ScrapedExemplar[], index: number, sampleMs: number): void {
    let at = this.#exemplar;
    while (at < exemplars.length && exemplars[at]!.sample < index) at++;
    for (; exemplars[at]?.sample === index; at++) {
      const { labels, value, timestampMs = sampleMs } = exemplars[at]!;
      this.#out.rows.exemplars.push({ series: row, exemplar: { labels, value, timestampMs } });
    }
    this.#exemplar = at;
  }

  /** A scrape of which nothing came. */
  collectNothing(): Collected {
    return NOTHING;
  }

  #trackRows(): void {
    const { rows, slots, stamped } = this.#out;
    for (let row = 0; row < rows.seriesCount; row++) {
      if (stamped[row] === 0) this.#staleness.track(slots[row]!, this.#scrape);
    }
  }

  /** Adds stale markers for what the previous scrape had and this one has not. */
  markVanished(timeMs: number): void {
    const out = this.#out;
    this.#staleness.forEachVanished(this.#scrape, (slot) => out.rows.addStale(out.add(slot), timeMs));
  }

  addReport(report: ScrapeReport, timeMs: number): void {
    const values = reportValues(report);
    const out = this.#out;
    const n = this.#reportCount();
    for (let i = 0; i < n; i++) out.rows.addSample(out.add(-1 - i), timeMs, values[i]!);
  }

  /** Adds stale markers for the report series: the target is gone. */
  addStaleReport(timeMs: number): void {
    const out = this.#out;
    const n = this.#reportCount();
    for (let i = 0; i < n; i++) out.rows.addStale(out.add(-1 - i), timeMs);
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
      this.#out.rows.metadata.push(f);
    }
  }

  /** The finished batch. */
  finish(): MetricBatch {
    return this.#out.batch(this.#cache.handles, this.#reportHandles, (slot) =>
      slot < 0 ? this.#rules.target.with(METRIC_NAME, REPORT_NAMES[-slot - 1]!) : this.#series.labels(slot),
    );
  }

  /** After storage took the batch: remembers where it has the series, and forgets texts that no scrape had for long. */
  sweep(): void {
    this.#out.keepHandles(this.#cache.handles, this.#reportHandles);
    giveBack(this.#out);
    this.#series.sweep(this.#scrape);
  }
}

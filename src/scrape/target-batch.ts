/**
 * A scrape as a batch: samples under the slots that the target's cache gave their series, stale markers for
 * series that vanished, and the report series (`up`, `scrape_…`), which the slots below 0 are of.
 *
 * A scrape that fails keeps none of its samples: everything the last one had goes stale.
 */

import type { TimeWindow } from '../ingest/admit.ts';
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
import type { Refusal } from '../storage/interface.ts';
import { convertClassicHistograms } from './classic-histograms.ts';
import { finestSchema, limitResolution } from './histogram-limits.ts';
import { KnownFamilies } from './known-families.ts';
import type { LabelRules } from './sample-labels.ts';
import { REPORT_NAMES, REPORT_NAMES_BASIC, reportValues, type ScrapeReport } from './scrape-report.ts';
import { type Collected, ScrapeTally } from './scrape-tally.ts';
import { noHandles, type SeriesCache } from './series-cache.ts';
import { giveBack, SlotRows, takeRows } from './slot-rows.ts';
import { StalenessTracker } from './staleness.ts';
import { StartTimes } from './start-times.ts';
import { contextOf, readPairs, TargetSeries } from './target-series.ts';
import { withdrawnSlots } from './withdrawn.ts';

export class TargetBatch {
  #rules: LabelRules;
  readonly #series: TargetSeries;
  readonly #cache: SeriesCache;
  readonly #staleness: StalenessTracker;
  /** Undefined where created lines are samples. */
  readonly #starts: StartTimes | undefined;
  readonly #schemaMax: number;
  readonly #reportHandles = noHandles(REPORT_NAMES.length);
  /** Under which handles were filled in. */
  #epoch: object | undefined;
  /** Scrapes begun. */
  #scrape = 0;
  readonly #tally: ScrapeTally;
  /** The next exemplar to be attached. */
  #exemplar = 0;
  #out: SlotRows = takeRows(0);
  readonly #families = new KnownFamilies();

  constructor(rules: LabelRules) {
    const { startTimestamps, nativeHistogramMinBucketFactor } = rules.config;
    this.#rules = rules;
    this.#series = new TargetSeries(rules);
    this.#cache = this.#series.cache;
    this.#staleness = new StalenessTracker(this.#cache);
    this.#tally = new ScrapeTally(this.#cache, (slot) => this.#series.seenOtherwise(slot));
    this.#starts = startTimestamps ? new StartTimes() : undefined;
    this.#schemaMax = finestSchema(nativeHistogramMinBucketFactor);
  }

  /** The scrapes from now on are under other rules, which make the same labels of the same texts. */
  goOnWith(rules: LabelRules): void {
    this.#rules = rules;
  }

  /** All families that are remembered. */
  families(): FamilyMetadata[] {
    return this.#families.list();
  }

  /** Begins the batch of the next scrape. */
  begin(sampleEstimate: number): void {
    this.#scrape++;
    this.#out = takeRows(sampleEstimate);
    this.#series.begin();
  }

  /**
   * Takes an exposition in, `isFull` where its body was not empty; samples whose own times are not in the window are passed
   * over. On an error, which `refusal` may have of so many samples, the batch holds no sample of it.
   */
  collect(
    scrape: ScrapeBatch,
    timeMs: number,
    isFull: boolean,
    window: TimeWindow,
    refusal?: (samples: number) => TriliteError | undefined,
  ): Collected {
    const { config } = this.#rules;
    this.#tally.begin(this.#scrape, config.sampleLimit, window);
    this.#exemplar = 0;
    this.#families.note(scrape.metadata, this.#scrape);
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
    error ??= refusal?.(this.#out.rows.sampleCount + this.#out.rows.histograms.length);
    const collected = this.#tally.end(error, isFull);
    if (collected.error !== undefined) this.#out.reset();
    else {
      this.#starts?.place(this.#out, this.#cache.groups!);
      this.#trackRows();
      if (isFull) this.#families.sweep(this.#scrape);
      this.#out.rows.metadata.push(...this.#families.takeChanged());
    }
    return collected;
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
    const tally = this.#tally;
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
      tally.scraped++;
      const own = timestamps[index]!;
      const explicit = honorTimestamps && own === own;
      if (explicit && !tally.isTimely(slot, own)) continue;
      if (!tally.take(slot, explicit)) continue;
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
      if (readable) this.#tally.scraped++;
      if (e.kind === 'limit') this.#tally.pass('labels');
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
      this.#tally.scraped++;
      if (pairs) slot = this.#series.add(bytes, start, end, context, pairs);
    } catch (e) {
      if (!(e instanceof TriliteError)) throw e;
      if (e.kind === 'limit') this.#tally.pass('labels');
      return e;
    }
    const problem = this.#cache.kept[slot] === 0 ? undefined : histogramProblem(h.histogram);
    if (problem !== undefined) return new TriliteError('bad_data', problem);
    const explicit = config.honorTimestamps && h.timestampMs !== undefined;
    if (explicit && !this.#tally.isTimely(slot, h.timestampMs!)) return undefined;
    const seen = this.#tally.visit(slot, explicit);
    if (seen < 0) return undefined;
    const histogram = limitResolution(h.histogram, this.#schemaMax, config.nativeHistogramBucketLimit);
    if (histogram === undefined) {
      this.#tally.pass('buckets');
      this.#tally.forget(slot, seen);
      return undefined;
    }
    if (!this.#tally.admit(slot, seen)) return undefined;
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

  #trackRows(): void {
    const { rows, slots, stamped, continued } = this.#out;
    for (let row = 0; row < rows.seriesCount; row++) {
      if (stamped[row] === 0 && this.#staleness.track(slots[row]!, this.#scrape)) continued[row] = 1;
    }
  }

  /**
   * Storage refused items of the finished batch: their series count as not exposed. Returns a batch of stale markers for those
   * that the scrape before had, undefined where there are none.
   */
  withdraw(refused: readonly Refusal[], timeMs: number): MetricBatch | undefined {
    const gone = withdrawnSlots(this.#out, refused);
    const markers = new SlotRows(gone.size);
    for (const [slot, wasThere] of gone) {
      this.#staleness.untrack(slot);
      if (wasThere) markers.rows.addStale(markers.add(slot), timeMs);
    }
    return markers.rows.seriesCount === 0 ? undefined : this.#batchOf(markers);
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

  /** The finished batch. `epoch` as `MetricAppender` has it: under another one storage is asked anew where it has series. */
  finish(epoch: object | undefined): MetricBatch {
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#cache.forgetHandles();
      this.#reportHandles.places.fill(0);
      this.#reportHandles.ids.fill(0);
    }
    return this.#batchOf(this.#out);
  }

  #batchOf(rows: SlotRows): MetricBatch {
    return rows.batch(this.#cache.handles, this.#reportHandles, (slot) =>
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

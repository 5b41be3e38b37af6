/**
 * OTLP data points to series and samples. A translator is made per request and told of resources, scopes and
 * metrics as the decoder walks them; each point becomes one series or, for classic histograms and summaries,
 * several. Which labels they have is `otlp-labels.ts`' to say, and is asked only of points that `otlp-series-cache.ts`
 * does not know, and of series that storage does not know (`series-keys.ts`).
 */

import { KEY_SPACE, type MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { formatPlain } from '../../model/float-format.ts';
import type { Histogram } from '../../model/histogram.ts';
import { type Labels, METRIC_NAME } from '../../model/labels.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import type { MetricRows, RowMark } from '../decode/metric-rows.ts';
import type { TextAttribute } from '../decode/otlp-attributes.ts';
import { histogramProblem } from '../decode/remote-write-histogram.ts';
import type { WirePieces } from '../decode/wire-pieces.ts';
import type { DeltaStreams, DroppedDelta } from './delta-streams.ts';
import { bucketHistogram, exponentialHistogram } from './otlp-histogram.ts';
import type { OtlpMetricKind } from './otlp-names.ts';
import type { OtlpPoint } from './otlp-point.ts';
import {
  DIGEST_WORDS,
  type InfoSeries,
  type MetricContext,
  type OtlpSeriesCache,
  type ResourceContext,
  readAttributes,
  type ScopeContext,
} from './otlp-series-cache.ts';
import { KEY_BYTES, ROLE, type SeriesKeys } from './series-keys.ts';

/** A request that spans more than this many half lookbacks gets `target_info` for its last part only. */
const TARGET_INFO_SAMPLES_MAX = 1000;

export class OtlpTranslator {
  readonly #options: OtlpTranslationOptions;
  readonly #cache: OtlpSeriesCache;
  readonly #rows: MetricRows;
  readonly #keys: SeriesKeys;
  readonly #deltas: DeltaStreams | undefined;
  #resource: ResourceContext | undefined;
  #scope: ScopeContext | undefined;
  #metric: MetricContext | undefined;
  /** Points of the request by order: number in the cache, metric, and the attribute fields. */
  readonly #numbers: number[] = [];
  readonly #metrics: MetricContext[] = [];
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  /** Attribute fields that do not stand together in the body, by point. */
  readonly #apart = new Map<number, Uint8Array>();
  /** Labels of the points that were new to the cache. */
  readonly #fresh = new Map<number, Labels>();
  /** The point of each series, or -1 - index of its `target_info`. */
  readonly #pointOf: number[] = [];
  readonly #infos: InfoSeries[] = [];
  readonly #infoTimes = new Set<string>();
  readonly #families = new Set<object>();
  readonly #body: Uint8Array;
  /** Where the digest of the point at hand stands. */
  #digest = 0;
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;

  /** `rows` and `keys` are empty ones. `deltas` adds delta points up; without it they are stored as they are. */
  constructor(
    body: Uint8Array,
    options: OtlpTranslationOptions,
    cache: OtlpSeriesCache,
    rows: MetricRows,
    keys: SeriesKeys,
    deltas?: DeltaStreams,
  ) {
    this.#body = body;
    this.#options = options;
    this.#cache = cache;
    this.#rows = rows;
    this.#keys = keys;
    this.#deltas = deltas;
    cache.begin();
  }

  beginResource(pieces: WirePieces): void {
    this.#resource = this.#cache.resource(pieces);
    this.#minMs = Number.POSITIVE_INFINITY;
    this.#maxMs = Number.NEGATIVE_INFINITY;
  }

  beginScope(pieces: WirePieces): void {
    this.#scope = this.#cache.scope(this.#resource!, pieces);
  }

  /** Throws `bad_data` where no name is left. */
  beginMetric(kind: OtlpMetricKind, isDelta: boolean, pieces: WirePieces): void {
    const metric = this.#cache.metric(this.#scope!, kind, isDelta, pieces);
    this.#metric = metric;
    if (this.#families.has(metric.metadata)) return;
    this.#families.add(metric.metadata);
    this.#rows.metadata.push(metric.metadata);
  }

  /** The resource is alive at this time, whatever becomes of the point. */
  seen(timeMs: number): void {
    if (timeMs < this.#minMs) this.#minMs = timeMs;
    if (timeMs > this.#maxMs) this.#maxMs = timeMs;
  }

  mark(): RowMark {
    return this.#rows.mark();
  }

  /** Takes back what a refused metric has added. */
  rewind(mark: RowMark): void {
    this.#rows.rewind(mark);
  }

  /**
   * Finds the point with these attributes in the metric at hand; -1 where it is new, and to be added by `addPoint`
   * before its samples are.
   */
  findPoint(pieces: WirePieces): number {
    const number = this.#cache.findPoint(this.#metric!, pieces);
    if (number >= 0) this.#begin(number, pieces);
    return number;
  }

  /** Throws `bad_data` where the attributes cannot be labels. */
  addPoint(pieces: WirePieces, attributes: readonly TextAttribute[]): void {
    const metric = this.#metric!;
    const labels = this.#cache.labels(metric, attributes);
    const number = this.#cache.addPoint(metric, pieces, labels);
    this.#fresh.set(number, labels);
    this.#begin(number, pieces);
  }

  #begin(number: number, { bytes, start, end }: WirePieces): void {
    if (bytes !== this.#body) this.#apart.set(this.#numbers.length, bytes);
    this.#numbers.push(number);
    this.#metrics.push(this.#metric!);
    this.#starts.push(start);
    this.#ends.push(end);
    this.#digest = number * DIGEST_WORDS;
  }

  /** Makes a delta point that was found or added a cumulative one; says why it is dropped instead. */
  accumulate(p: OtlpPoint, pieces: WirePieces): DroppedDelta | undefined {
    const metric = this.#metric!;
    if (!metric.isDelta || !this.#deltas) return undefined;
    const identity = this.#cache.identityOf(metric, this.#numbers.at(-1)!, pieces);
    return this.#deltas.accumulate(identity, metric.kind, p);
  }

  addNumber(p: OtlpPoint): void {
    const series = this.#series(ROLE.self, 0);
    this.#sample(series, p, p.value);
    this.#attach(series, p.exemplars);
  }

  addHistogram(p: OtlpPoint): void {
    if (this.#options.convertHistogramsToNhcb) {
      const series = this.#series(ROLE.self, 0);
      this.#histogram(series, p, bucketHistogram(p));
      this.#attach(series, p.exemplars);
      return;
    }
    if (p.hasSum) this.#sample(this.#series(ROLE.sum, 0), p, p.sum);
    this.#sample(this.#series(ROLE.count, 0), p, p.count);
    const { exemplars } = p;
    if (exemplars.length > 1) exemplars.sort((a, b) => a.value - b.value);
    let nextExemplar = 0;
    let cumulative = 0;
    const buckets = Math.min(p.boundCount, p.bucketCount);
    for (let i = 0; i < buckets; i++) {
      const bound = p.bounds[i]!;
      cumulative += p.bucketCounts[i]!;
      const series = this.#series(ROLE.bucket, bound);
      this.#sample(series, p, cumulative);
      while (nextExemplar < exemplars.length && !(exemplars[nextExemplar]!.value > bound)) {
        this.#rows.exemplars.push({ series, exemplar: exemplars[nextExemplar++]! });
      }
    }
    const last = this.#series(ROLE.infinity, 0);
    this.#sample(last, p, p.count);
    while (nextExemplar < exemplars.length) {
      this.#rows.exemplars.push({ series: last, exemplar: exemplars[nextExemplar++]! });
    }
  }

  addExponential(p: OtlpPoint): void {
    const series = this.#series(ROLE.self, 0);
    this.#histogram(series, p, exponentialHistogram(p));
    this.#attach(series, p.exemplars);
  }

  addSummary(p: OtlpPoint): void {
    this.#sample(this.#series(ROLE.sum, 0), p, p.sum);
    this.#sample(this.#series(ROLE.count, 0), p, p.count);
    for (let i = 0; i < p.quantileCount; i += 2) {
      this.#sample(this.#series(ROLE.quantile, p.quantiles[i]!), p, p.quantiles[i + 1]!);
    }
  }

  /** Adds `target_info` over the time that the resource's points cover. */
  endResource(): void {
    if (this.#minMs > this.#maxMs) return;
    const info = this.#cache.info(this.#resource!);
    if (!info) return;
    const rows = this.#rows;
    const series = rows.seriesCount;
    this.#keys.write(series, info.digest, 0, ROLE.info, 0);
    rows.addSeries(series * KEY_BYTES, (series + 1) * KEY_BYTES);
    this.#pointOf[series] = -this.#infos.push(info);
    const interval = this.#options.lookbackMs / 2;
    const first = Math.max(this.#minMs, this.#maxMs - interval * TARGET_INFO_SAMPLES_MAX);
    for (let t = first; t < this.#maxMs; t += interval) this.#info(series, info.id, Math.floor(t));
    this.#info(series, info.id, this.#maxMs);
  }

  /** Resources of one request may share a `target_info`; each of its times is written once. */
  #info(series: number, id: string, timeMs: number): void {
    const at = `${timeMs} ${id}`;
    if (this.#infoTimes.has(at)) return;
    this.#infoTimes.add(at);
    this.#rows.addSample(series, timeMs, 1);
  }

  /** The batch, for as long as the body, the rows and the keys are what they are. */
  batch(): MetricBatch {
    return this.#rows.batch(KEY_SPACE.otlp, this.#keys.bytes, (i) => this.#labels(i));
  }

  #labels(series: number): Labels {
    const point = this.#pointOf[series]!;
    if (point < 0) return this.#infos[-1 - point]!.labels;
    const metric = this.#metrics[point]!;
    const labels = this.#fresh.get(this.#numbers[point]!) ?? this.#readLabels(point, metric);
    const value = this.#keys.value(series);
    switch (this.#keys.role(series)) {
      case ROLE.sum:
        return labels.with(METRIC_NAME, `${metric.family}_sum`);
      case ROLE.count:
        return labels.with(METRIC_NAME, `${metric.family}_count`);
      case ROLE.bucket:
        return labels.with(METRIC_NAME, `${metric.family}_bucket`).with('le', formatPlain(value));
      case ROLE.infinity:
        return labels.with(METRIC_NAME, `${metric.family}_bucket`).with('le', '+Inf');
      case ROLE.quantile:
        return labels.with('quantile', formatPlain(value));
      default:
        return labels;
    }
  }

  #readLabels(point: number, metric: MetricContext): Labels {
    const bytes = this.#apart.get(point) ?? this.#body;
    return this.#cache.labels(metric, readAttributes(bytes, this.#starts[point]!, this.#ends[point]!));
  }

  /** A series of the point at hand. */
  #series(role: number, value: number): number {
    const rows = this.#rows;
    const series = rows.seriesCount;
    this.#keys.write(series, this.#cache.digests, this.#digest, role, value);
    this.#pointOf[series] = this.#numbers.length - 1;
    return rows.addSeries(series * KEY_BYTES, (series + 1) * KEY_BYTES);
  }

  #sample(series: number, p: OtlpPoint, value: number): void {
    const rows = this.#rows;
    const i = p.stale ? rows.addStale(series, p.timeMs) : rows.addSample(series, p.timeMs, value);
    rows.setStart(i, p.startMs);
  }

  #histogram(series: number, p: OtlpPoint, histogram: Histogram): void {
    const problem = histogramProblem(histogram);
    if (problem !== undefined) throw new TriliteError('bad_data', `invalid histogram: ${problem}`);
    this.#rows.histograms.push({
      series,
      timestampMs: p.timeMs,
      startTimestampMs: p.startMs,
      // Raw deltas are no counters: they go up and down.
      histogram: this.#metric!.isDelta && !this.#deltas ? { ...histogram, reset: 'gauge' } : histogram,
    });
  }

  #attach(series: number, exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) this.#rows.exemplars.push({ series, exemplar });
  }
}

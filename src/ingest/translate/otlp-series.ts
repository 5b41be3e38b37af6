/**
 * OTLP data points to series and samples. A translator is made per request and told of resources, scopes and
 * metrics as the decoder walks them; each point becomes one series or, for classic histograms and summaries,
 * several. Labels of a point, later ones winning:
 *
 * 1. its attributes, by ascending key; keys that become the same name have their values joined with `;`
 * 2. promoted resource attributes, where the name is free
 * 3. scope metadata, where promoted
 * 4. `job` and `instance` from the resource's identity
 * 5. `__name__`, `le`, `quantile`
 *
 * Keys are canonical label bytes, so series of other protocols with the same labels are the same series.
 */

import { ByteWriter } from '../../base/bytes.ts';
import { KEY_SPACE, type MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { formatPlain } from '../../model/float-format.ts';
import type { Histogram } from '../../model/histogram.ts';
import { compareText, Labels, METRIC_NAME } from '../../model/labels.ts';
import type { MetricMetadata } from '../../model/metadata.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import { MetricRows, type RowMark } from '../decode/metric-rows.ts';
import type { TextAttribute } from '../decode/otlp-attributes.ts';
import { histogramProblem } from '../decode/remote-write-histogram.ts';
import { bucketHistogram, type ExponentialPoint, exponentialHistogram } from './otlp-histogram.ts';
import { type OtlpMetricKind, OtlpNamer } from './otlp-names.ts';
import type { HistogramPoint, NumberPoint, OtlpPoint, SummaryPoint } from './otlp-point.ts';

const SERVICE_NAME = 'service.name';
const SERVICE_NAMESPACE = 'service.namespace';
const SERVICE_INSTANCE = 'service.instance.id';
const IDENTIFYING: readonly string[] = [SERVICE_NAMESPACE, SERVICE_NAME, SERVICE_INSTANCE];
const TARGET_INFO = 'target_info';
/** A request that spans more than this many half lookbacks gets `target_info` for its last part only. */
const TARGET_INFO_SAMPLES_MAX = 1000;

export interface OtlpScope {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: readonly TextAttribute[];
}

export class OtlpTranslator {
  readonly #options: OtlpTranslationOptions;
  readonly #namer: OtlpNamer;
  readonly #rows: MetricRows;
  readonly #keys = new ByteWriter(8192);
  #resource: readonly TextAttribute[] = [];
  /** Name, value pairs of the resource that every series gets where the name is free. */
  #promoted: [string, string][] = [];
  /** Pairs that override attributes: scope metadata, job, instance. */
  #fixed: [string, string][] = [];
  #familyName = '';
  #minMs = Number.POSITIVE_INFINITY;
  #maxMs = Number.NEGATIVE_INFINITY;
  readonly #infos = new Set<string>();
  readonly #families = new Set<string>();

  constructor(options: OtlpTranslationOptions, bodyBytes: number) {
    this.#options = options;
    this.#namer = new OtlpNamer(options);
    this.#rows = new MetricRows(bodyBytes >>> 6, bodyBytes >>> 6);
  }

  beginResource(attributes: readonly TextAttribute[]): void {
    this.#resource = attributes;
    this.#minMs = Number.POSITIVE_INFINITY;
    this.#maxMs = Number.NEGATIVE_INFINITY;
    this.#promoted = this.#promotedPairs();
  }

  beginScope(scope: OtlpScope): void {
    this.#fixed = this.#fixedPairs(scope);
  }

  /** Throws `bad_data` where no name is left. */
  beginMetric(name: string, unit: string, kind: OtlpMetricKind, metadata: MetricMetadata): void {
    const family = this.#namer.metric(name, unit, kind);
    this.#familyName = family;
    const id = `${family}\n${metadata.type}\n${unit}\n${metadata.help}`;
    if (this.#families.has(id)) return;
    this.#families.add(id);
    this.#rows.metadata.push({
      family,
      type: metadata.type,
      help: metadata.help,
      unit: this.#namer.unit(unit),
    });
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

  addNumber(p: NumberPoint): void {
    const series = this.#series(this.#labels(p.attributes), this.#familyName);
    this.#sample(series, p, p.value);
    this.#attach(series, p.exemplars);
  }

  addHistogram(p: HistogramPoint): void {
    const labels = this.#labels(p.attributes);
    if (this.#options.convertHistogramsToNhcb) {
      const series = this.#series(labels, this.#familyName);
      this.#histogram(series, p, bucketHistogram(p));
      this.#attach(series, p.exemplars);
      return;
    }
    const name = this.#familyName;
    if (p.sum !== undefined) this.#sample(this.#series(labels, `${name}_sum`), p, p.sum);
    this.#sample(this.#series(labels, `${name}_count`), p, p.count);
    const exemplars = [...p.exemplars].sort((a, b) => a.value - b.value);
    let nextExemplar = 0;
    let cumulative = 0;
    const buckets = Math.min(p.bounds.length, p.bucketCounts.length);
    for (let i = 0; i < buckets; i++) {
      const bound = p.bounds[i]!;
      cumulative += p.bucketCounts[i]!;
      const series = this.#series(labels, `${name}_bucket`, 'le', formatPlain(bound));
      this.#sample(series, p, cumulative);
      const first = nextExemplar;
      while (nextExemplar < exemplars.length && !(exemplars[nextExemplar]!.value > bound)) nextExemplar++;
      this.#attach(series, exemplars.slice(first, nextExemplar));
    }
    const last = this.#series(labels, `${name}_bucket`, 'le', '+Inf');
    this.#sample(last, p, p.count);
    this.#attach(last, exemplars.slice(nextExemplar));
  }

  addExponential(p: ExponentialPoint): void {
    const series = this.#series(this.#labels(p.attributes), this.#familyName);
    this.#histogram(series, p, exponentialHistogram(p));
    this.#attach(series, p.exemplars);
  }

  addSummary(p: SummaryPoint): void {
    const labels = this.#labels(p.attributes);
    const name = this.#familyName;
    this.#sample(this.#series(labels, `${name}_sum`), p, p.sum);
    this.#sample(this.#series(labels, `${name}_count`), p, p.count);
    for (let i = 0; i < p.quantiles.length; i += 2) {
      const series = this.#series(labels, name, 'quantile', formatPlain(p.quantiles[i]!));
      this.#sample(series, p, p.quantiles[i + 1]!);
    }
  }

  /** Adds `target_info` over the time that the resource's points cover. */
  endResource(): void {
    if (this.#minMs > this.#maxMs) return;
    const others = this.#resource.filter((a) => !IDENTIFYING.includes(a.key));
    if (others.length === 0) return;
    const attributes = this.#options.keepIdentifyingResourceAttributes ? this.#resource : others;
    const labels = this.#mapped(attributes);
    for (const [name, value] of this.#identity()) labels.set(name, value);
    if (!labels.get('job') && !labels.get('instance')) return;
    const series = this.#series(labels, TARGET_INFO);
    const id = Labels.fromBytes(this.#keyOf(series)).key();
    const interval = this.#options.lookbackMs / 2;
    const first = Math.max(this.#minMs, this.#maxMs - interval * TARGET_INFO_SAMPLES_MAX);
    for (let t = first; t < this.#maxMs; t += interval) this.#info(series, id, Math.floor(t));
    this.#info(series, id, this.#maxMs);
  }

  /** Resources of one request may share a `target_info`; each of its times is written once. */
  #info(series: number, id: string, timeMs: number): void {
    const at = `${timeMs} ${id}`;
    if (this.#infos.has(at)) return;
    this.#infos.add(at);
    this.#rows.addSample(series, timeMs, 1);
  }

  batch(): MetricBatch {
    const keys = this.#keys.view();
    const rows = this.#rows;
    return rows.batch(KEY_SPACE.canonical, keys, (i) =>
      Labels.fromBytes(keys.subarray(rows.keyStart[i]!, rows.keyEnd[i]!)),
    );
  }

  #keyOf(series: number): Uint8Array {
    return this.#keys.view().subarray(this.#rows.keyStart[series]!, this.#rows.keyEnd[series]!);
  }

  #value(key: string): string | undefined {
    return this.#resource.findLast((a) => a.key === key)?.value;
  }

  #identity(): [string, string][] {
    const out: [string, string][] = [];
    const name = this.#value(SERVICE_NAME);
    if (name !== undefined) {
      const namespace = this.#value(SERVICE_NAMESPACE);
      out.push(['job', namespace === undefined ? name : `${namespace}/${name}`]);
    }
    const instance = this.#value(SERVICE_INSTANCE);
    if (instance !== undefined) out.push(['instance', instance]);
    return out;
  }

  #promotedPairs(): [string, string][] {
    const o = this.#options;
    const wanted = o.promoteAllResourceAttributes
      ? this.#resource.filter((a) => !o.ignoreResourceAttributes.includes(a.key))
      : this.#resource.filter((a) => o.promoteResourceAttributes.includes(a.key));
    return wanted.map((a) => [this.#namer.label(a.key), a.value]);
  }

  #fixedPairs(scope: OtlpScope): [string, string][] {
    const out: [string, string][] = [];
    if (this.#options.promoteScopeMetadata && scope.name !== '') {
      for (const a of scope.attributes) out.push([this.#namer.label(`otel_scope_${a.key}`), a.value]);
      out.push(['otel_scope_name', scope.name], ['otel_scope_version', scope.version]);
      out.push(['otel_scope_schema_url', scope.schemaUrl]);
    }
    out.push(...this.#identity());
    return out;
  }

  /** Attributes under their label names. */
  #mapped(attributes: readonly TextAttribute[]): Map<string, string> {
    const sorted = [...attributes].sort((a, b) => compareText(a.key, b.key));
    const out = new Map<string, string>();
    for (const a of sorted) {
      const name = this.#namer.label(a.key);
      const before = this.#namer.escapes ? out.get(name) : undefined;
      out.set(name, before ? `${before};${a.value}` : a.value);
    }
    return out;
  }

  #labels(attributes: readonly TextAttribute[]): Map<string, string> {
    const out = this.#mapped(attributes);
    for (const [name, value] of this.#promoted) if (!out.get(name)) out.set(name, value);
    for (const [name, value] of this.#fixed) out.set(name, value);
    return out;
  }

  #series(labels: Map<string, string>, name: string, extra = '', extraValue = ''): number {
    const all = new Map(labels);
    all.set(METRIC_NAME, name);
    if (extra !== '') all.set(extra, extraValue);
    const start = this.#keys.length;
    Labels.from(all).writeTo(this.#keys);
    return this.#rows.addSeries(start, this.#keys.length);
  }

  #sample(series: number, p: OtlpPoint, value: number): void {
    const rows = this.#rows;
    const i = p.stale ? rows.addStale(series, p.timeMs) : rows.addSample(series, p.timeMs, value);
    rows.setStart(i, p.startMs);
  }

  #histogram(series: number, p: OtlpPoint, histogram: Histogram): void {
    const problem = histogramProblem(histogram);
    if (problem !== undefined) throw new TriliteError('bad_data', `invalid histogram: ${problem}`);
    this.#rows.histograms.push({ series, timestampMs: p.timeMs, startTimestampMs: p.startMs, histogram });
  }

  #attach(series: number, exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) this.#rows.exemplars.push({ series, exemplar });
  }
}

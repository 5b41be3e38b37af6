/**
 * Span metrics: calls, durations and sizes of spans by service, name, kind, status and chosen attributes, under Tempo's
 * names (docs/derived-metrics.md).
 *
 * The key of a span's label set:  word kind and status │ word service or resource │ name │ message │ dimensions │
 * mappings; a text that is no label is left out.
 */

import { ByteReader, utf8Decode, utf8Encode } from '../base/bytes.ts';
import { Labels } from '../model/labels.ts';
import { AttributeLookup } from './attribute-lookup.ts';
import type { DeriveCounts } from './derive-counts.ts';
import { LabelKey, LabelKeyReader } from './label-key.ts';
import { cut, dimensionLabel, targetInfoLabel } from './label-names.ts';
import type { ResourceFacts } from './resources.ts';
import { type GroupSpec, SeriesGroup } from './series-group.ts';
import type { MetricsGeneratorSettings, SpanMetricsSettings } from './settings.ts';
import { compileFilter, type SpanFilter } from './span-filter.ts';
import { compileMultiplier, type SpanMultiplier } from './span-multiplier.ts';
import type { SpanScan } from './span-scan.ts';
import { kindText, statusText } from './span-words.ts';
import type { WantedKeys } from './wanted-keys.ts';

const TARGET_INFO = 'traces_target_info';
/** Kind and status share a word up to here; others take a word each behind one that no pair makes. */
const PACKED_MAX = 0x7fff;
const UNPACKED = -1;

/** What both processors share of their groups of series. */
export type GroupParts = Pick<GroupSpec, 'mode' | 'native' | 'traceIdLabel' | 'externalLabels' | 'limit'>;

interface Mapping {
  readonly label: string;
  readonly sources: readonly number[];
  readonly join: Uint8Array;
}

export class SpanMetrics {
  readonly #settings: SpanMetricsSettings;
  readonly #filter: SpanFilter | undefined;
  readonly #multiplier: SpanMultiplier | undefined;
  readonly #dimensions: readonly { readonly id: number; readonly label: string }[];
  readonly #mappings: readonly Mapping[];
  readonly #key: LabelKey;
  readonly #targetKey: LabelKey;
  /** Labels of a resource's `target_info` as bytes; empty where there is nothing to say. */
  readonly #targetLabels = new WeakMap<ResourceFacts, Uint8Array>();
  readonly #nameMaxBytes: number;
  readonly #valueMaxBytes: number;
  readonly #lookup = new AttributeLookup();
  readonly #group: SeriesGroup;
  readonly #targets: SeriesGroup | undefined;
  /** Numbers of counters in the group; -1 where there is none. */
  readonly #calls: number;
  readonly #size: number;
  readonly #hasLatency: boolean;
  /** The resource of the span at hand. */
  #resource: ResourceFacts | undefined;
  readonly #counts: DeriveCounts;

  constructor(
    settings: MetricsGeneratorSettings,
    wanted: WantedKeys,
    parts: GroupParts,
    counts: DeriveCounts,
  ) {
    const own = settings.spanMetrics;
    this.#counts = counts;
    this.#settings = own;
    this.#filter = compileFilter(own.filterPolicies, wanted);
    this.#multiplier = compileMultiplier(own.spanMultiplierKey, wanted);
    const labelOf = (name: string) => cut(dimensionLabel(name), settings.labelNameMaxBytes);
    this.#dimensions = own.dimensions.map((d) => ({ id: wanted.id(d), label: labelOf(d) }));
    this.#mappings = own.dimensionMappings.map(({ name, sourceLabels, join }) => ({
      label: labelOf(name),
      sources: sourceLabels.map((s) => wanted.id(s)),
      join: utf8Encode(join),
    }));
    this.#key = new LabelKey(settings.labelValueMaxBytes);
    this.#targetKey = new LabelKey(0);
    this.#nameMaxBytes = settings.labelNameMaxBytes;
    this.#valueMaxBytes = settings.labelValueMaxBytes;
    const on = (part: 'count' | 'latency' | 'size') =>
      settings.processors.some((p) => p === 'span-metrics' || p === `span-metrics-${part}`);
    const counters: string[] = [];
    this.#calls = on('count') ? counters.push('traces_spanmetrics_calls_total') - 1 : -1;
    this.#size = on('size') ? counters.push('traces_spanmetrics_size_total') - 1 : -1;
    this.#hasLatency = on('latency');
    this.#group = new SeriesGroup({
      ...parts,
      counters,
      gauges: [],
      histograms: this.#hasLatency
        ? [{ name: 'traces_spanmetrics_latency', bounds: own.histogramBuckets }]
        : [],
      labelsOf: (key) => this.#labelsOf(new LabelKeyReader(key), this.#resource!),
    });
    if (own.enableTargetInfo) {
      this.#targets = new SeriesGroup({
        ...parts,
        counters: [],
        gauges: [TARGET_INFO],
        histograms: [],
        labelsOf: (key) => Labels.readFrom(new ByteReader(key)),
      });
    }
  }

  get groups(): readonly SeriesGroup[] {
    return this.#targets ? [this.#group, this.#targets] : [this.#group];
  }

  /** Counts the span that was scanned; `ids[at]` is where its trace's id stands. */
  take(scan: SpanScan, resource: ResourceFacts, ids: Uint8Array, at: number, nowMs: number): void {
    if (this.#filter && !this.#filter(scan, resource)) {
      this.#counts.spanMetricsFiltered++;
      return;
    }
    this.#writeKey(scan, resource);
    const group = this.#group;
    const slot = group.slotOf(this.#key);
    const multiplier = this.#multiplier ? this.#multiplier(scan, resource) : 1;
    if (this.#calls >= 0) group.add(slot, this.#calls, multiplier, nowMs);
    if (this.#hasLatency) group.observe(slot, 0, scan.seconds, multiplier, ids, at, nowMs);
    if (this.#size >= 0) group.add(slot, this.#size, scan.sizeBytes, nowMs);
    group.touch(slot, nowMs);
    if (this.#targets) this.#takeTarget(this.#targets, resource, nowMs);
  }

  #writeKey(scan: SpanScan, resource: ResourceFacts): void {
    const key = this.#key;
    const { intrinsicDimensions: own } = this.#settings;
    key.reset();
    const kind = own.span_kind ? scan.kind : 0;
    const status = own.status_code ? scan.status : 0;
    if (kind >= 0 && kind <= PACKED_MAX && status >= 0 && status <= PACKED_MAX)
      key.word(kind | (status << 16));
    else {
      key.word(UNPACKED);
      key.word(kind);
      key.word(status);
    }
    this.#resource = resource;
    key.word(this.#settings.enableTargetInfo ? resource.number : resource.serviceNumber);
    if (own.span_name) key.text(scan.bytes, scan.nameFrom, scan.nameTo);
    if (own.status_message) key.text(scan.bytes, scan.messageFrom, scan.messageTo);
    const { text } = this.#lookup;
    for (const { id } of this.#dimensions) {
      if (this.#lookup.anywhere(id, scan, resource)) key.text(text.bytes, text.from, text.to);
      else key.text(scan.bytes, 0, 0);
    }
    for (const { sources, join } of this.#mappings) {
      key.open();
      for (const id of sources) {
        if (!this.#lookup.anywhere(id, scan, resource) || text.isEmpty) continue;
        if (key.openBytes > 0) key.append(join, 0, join.length);
        key.append(text.bytes, text.from, text.to);
      }
      key.close();
    }
  }

  /** In the order in which Tempo adds them: the last of equal names wins, and is left out where it is empty. */
  #labelsOf(key: LabelKeyReader, resource: ResourceFacts): Labels {
    const { intrinsicDimensions: own, enableTargetInfo, enableInstanceLabel } = this.#settings;
    const word = key.word();
    const kind = word === UNPACKED ? key.word() : word & 0xffff;
    const status = word === UNPACKED ? key.word() : word >>> 16;
    key.word();
    const pairs: [string, string][] = [];
    const of = (bytes: Uint8Array) => cut(utf8Decode(bytes), this.#valueMaxBytes);
    if (own.service) pairs.push(['service', of(resource.service)]);
    if (own.span_name) pairs.push(['span_name', key.text()]);
    if (own.span_kind) pairs.push(['span_kind', kindText(kind)]);
    if (own.status_code) pairs.push(['status_code', statusText(status)]);
    if (own.status_message) pairs.push(['status_message', key.text()]);
    for (const { label } of this.#dimensions) pairs.push([label, key.text()]);
    for (const { label } of this.#mappings) pairs.push([label, key.text()]);
    if (enableTargetInfo && resource.job.length > 0) pairs.push(['job', of(resource.job)]);
    if (enableTargetInfo && enableInstanceLabel && resource.instance.length > 0) {
      pairs.push(['instance', of(resource.instance)]);
    }
    return Labels.from(pairs);
  }

  #takeTarget(targets: SeriesGroup, resource: ResourceFacts, nowMs: number): void {
    let labels = this.#targetLabels.get(resource);
    if (!labels) {
      labels = this.#makeTarget(resource);
      this.#targetLabels.set(resource, labels);
    }
    if (labels.length === 0) return;
    const key = this.#targetKey;
    key.reset();
    key.parts(labels);
    const slot = targets.slotOf(key);
    targets.mark(slot, 0, nowMs);
    targets.touch(slot, nowMs);
  }

  /** There must be something to say, and of somebody who is named. */
  #makeTarget({ attributes, job, instance }: ResourceFacts): Uint8Array {
    const { targetInfoExcludedDimensions, enableInstanceLabel } = this.#settings;
    const pairs: [string, string][] = [];
    for (const { key, text } of attributes) {
      if (key === '' || /^[0-9]/.test(key) || IDENTITY.has(key)) continue;
      if (targetInfoExcludedDimensions.includes(key)) continue;
      pairs.push([cut(targetInfoLabel(key), this.#nameMaxBytes), cut(text, this.#valueMaxBytes)]);
    }
    if (job.length > 0) pairs.push(['job', cut(utf8Decode(job), this.#valueMaxBytes)]);
    const named = instance.length > 0 && enableInstanceLabel;
    if (named) pairs.push(['instance', cut(utf8Decode(instance), this.#valueMaxBytes)]);
    const labels = Labels.from(pairs);
    const names = Number(job.length > 0) + Number(named);
    return names > 0 && labels.size > names ? labels.toBytes() : new Uint8Array(0);
  }
}

/** Attributes that `job` and `instance` stand for. */
const IDENTITY = new Set(['service.name', 'service.namespace', 'service.instance.id']);

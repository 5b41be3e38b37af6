/**
 * What requests of OTLP metrics have said before. A sender repeats the same resources, scopes, metrics and attributes
 * with every request: each is known by its bytes on the wire, within what it stands in, so that a point that was seen
 * before costs one comparison of its attributes' bytes.
 *
 *   resource ─▶ scope ─▶ metric ─▶ point       each a number in a `ByteTable`, whose space is the one to its left
 *
 * Of a point 16 bytes of the SHA-256 of its labels are kept. They open the keys of its series (`otlp-series.ts`), so
 * that a key never means another series, whatever is forgotten here: beyond its bounds the cache starts anew.
 * What is not valid is never kept: it is refused with the same words every time.
 */

import { hash } from 'node:crypto';
import { ProtoReader } from '../../base/protobuf.ts';
import type { FamilyMetadata } from '../../model/batch.ts';
import { compareText, type Labels } from '../../model/labels.ts';
import type { MetricType } from '../../model/metadata.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import { ByteTable } from '../decode/byte-table.ts';
import { readAttribute, type TextAttribute } from '../decode/otlp-attributes.ts';
import type { WirePieces } from '../decode/wire-pieces.ts';
import { OtlpResource, pointLabels } from './otlp-labels.ts';
import { type OtlpMetricKind, OtlpNamer } from './otlp-names.ts';

/** Words of a point's digest. */
export const DIGEST_WORDS = 4;
/** Points that are remembered: a hundred thousand with some hundred bytes each are the senders of a large fleet. */
const POINTS_MAX = 128 * 1024;
const POINT_BYTES_MAX = 24 * 1024 * 1024;
/** Resources, scopes and metrics together, and their bytes. */
const CONTEXTS_MAX = 64 * 1024;
const CONTEXT_BYTES_MAX = 8 * 1024 * 1024;

/** Numbers of the metric kinds within a scope's space; those of delta temporality are in the upper half. */
const KINDS: readonly OtlpMetricKind[] = [
  'gauge',
  'counter',
  'updown',
  'histogram',
  'exponential',
  'summary',
];
const KIND_SPACES = 16;

const TYPE_OF: Readonly<Record<OtlpMetricKind, MetricType>> = {
  gauge: 'gauge',
  counter: 'counter',
  updown: 'gauge',
  histogram: 'histogram',
  exponential: 'histogram',
  summary: 'summary',
};

export interface ResourceContext {
  readonly number: number;
  readonly resource: OtlpResource;
  /** What tells it from others, where delta streams are added up. */
  readonly identity: string;
  /** Made when the first point asks; null: it has none. */
  info: InfoSeries | null | undefined;
}

export interface InfoSeries {
  readonly labels: Labels;
  readonly digest: Uint32Array;
  /** The same for equal labels. */
  readonly id: string;
}

export interface ScopeContext {
  readonly number: number;
  readonly identity: string;
  readonly resource: OtlpResource;
  readonly fixed: readonly (readonly [string, string])[];
}

export interface MetricContext {
  readonly number: number;
  readonly identity: string;
  readonly kind: OtlpMetricKind;
  readonly isDelta: boolean;
  readonly scope: ScopeContext;
  readonly family: string;
  /** The same object for equal metadata. */
  readonly metadata: FamilyMetadata;
}

export class OtlpSeriesCache {
  readonly #options: OtlpTranslationOptions;
  #namer: OtlpNamer;
  #resourceTable = new ByteTable();
  #scopeTable = new ByteTable();
  #metricTable = new ByteTable();
  #pointTable = new ByteTable();
  #resources: ResourceContext[] = [];
  #scopes: ScopeContext[] = [];
  #metrics: MetricContext[] = [];
  #metadata = new Map<string, FamilyMetadata>();
  /** Per point, `DIGEST_WORDS` each. */
  digests = new Uint32Array(256 * DIGEST_WORDS);
  /** Of points whose deltas are added up, by number. */
  #identities = new Map<number, string>();

  constructor(options: OtlpTranslationOptions) {
    this.#options = options;
    this.#namer = new OtlpNamer(options);
  }

  /** To be called before a request, within which numbers stay valid: forgets all where it has become too much. */
  begin(): void {
    const tables = [this.#resourceTable, this.#scopeTable, this.#metricTable];
    const contexts = tables.reduce((n, t) => n + t.size, 0);
    const contextBytes = tables.reduce((n, t) => n + t.byteLength, 0);
    if (
      contexts <= CONTEXTS_MAX &&
      contextBytes <= CONTEXT_BYTES_MAX &&
      this.#pointTable.size <= POINTS_MAX &&
      this.#pointTable.byteLength <= POINT_BYTES_MAX
    )
      return;
    this.#namer = new OtlpNamer(this.#options);
    this.#resourceTable = new ByteTable();
    this.#scopeTable = new ByteTable();
    this.#metricTable = new ByteTable();
    this.#pointTable = new ByteTable();
    this.#resources = [];
    this.#scopes = [];
    this.#metrics = [];
    this.#metadata = new Map();
    this.digests = new Uint32Array(256 * DIGEST_WORDS);
    this.#identities = new Map();
  }

  /** The resource of a ResourceMetrics' resource fields. */
  resource({ bytes, start, end }: WirePieces): ResourceContext {
    const known = this.#resourceTable.find(0, bytes, start, end);
    if (known >= 0) return this.#resources[known]!;
    const attributes: TextAttribute[] = [];
    const r = new ProtoReader(bytes, start, end);
    while (r.next()) {
      const outer = r.enter();
      while (r.next()) {
        if (r.field === 1) readAttribute(r, attributes);
        else r.skip();
      }
      r.leave(outer);
    }
    const resource = new OtlpResource(attributes, this.#options, this.#namer);
    const number = this.#resourceTable.add(0, bytes, start, end);
    const context = { number, resource, identity: this.#identity(attributes), info: undefined };
    this.#resources.push(context);
    return context;
  }

  /** The scope of a ScopeMetrics' scope and schema fields. */
  scope(within: ResourceContext, { bytes, start, end }: WirePieces): ScopeContext {
    const known = this.#scopeTable.find(within.number, bytes, start, end);
    if (known >= 0) return this.#scopes[known]!;
    const attributes: TextAttribute[] = [];
    let name = '';
    let version = '';
    let schemaUrl = '';
    const r = new ProtoReader(bytes, start, end);
    while (r.next()) {
      if (r.field === 3) {
        schemaUrl = r.text();
        continue;
      }
      const outer = r.enter();
      while (r.next()) {
        if (r.field === 1) name = r.text();
        else if (r.field === 2) version = r.text();
        else if (r.field === 3) readAttribute(r, attributes);
        else r.skip();
      }
      r.leave(outer);
    }
    const { resource } = within;
    const fixed = resource.fixedPairs({ name, version, schemaUrl, attributes });
    const number = this.#scopeTable.add(within.number, bytes, start, end);
    const identity = this.#identity(attributes, within.identity, name, version);
    const context = { number, identity, resource, fixed };
    this.#scopes.push(context);
    return context;
  }

  /** The metric of a Metric's fields but for its data. Throws `bad_data` where no name is left. */
  metric(
    within: ScopeContext,
    kind: OtlpMetricKind,
    isDelta: boolean,
    { bytes, start, end }: WirePieces,
  ): MetricContext {
    const space = within.number * KIND_SPACES + KINDS.indexOf(kind) + (isDelta ? KIND_SPACES / 2 : 0);
    const known = this.#metricTable.find(space, bytes, start, end);
    if (known >= 0) return this.#metrics[known]!;
    const { name, help, unit } = readMetricText(bytes, start, end);
    const family = this.#namer.metric(name, unit, kind);
    // There is no type for deltas yet.
    const type = isDelta && this.#options.delta === 'raw' ? 'unknown' : TYPE_OF[kind];
    const id = `${family}\n${type}\n${unit}\n${help}`;
    let metadata = this.#metadata.get(id);
    if (!metadata) {
      metadata = { family, type, help, unit: this.#namer.unit(unit) };
      this.#metadata.set(id, metadata);
    }
    const number = this.#metricTable.add(space, bytes, start, end);
    const identity = isDelta ? this.#identity([], within.identity, kind, name, unit) : '';
    const context = { number, identity, kind, isDelta, scope: within, family, metadata };
    this.#metrics.push(context);
    return context;
  }

  /** The number of a point by its attribute fields, or -1. */
  findPoint(within: MetricContext, { bytes, start, end }: WirePieces): number {
    return this.#pointTable.find(within.number, bytes, start, end);
  }

  /** Adds a point that `findPoint` did not find, with its labels. */
  addPoint(within: MetricContext, { bytes, start, end }: WirePieces, labels: Labels): number {
    const number = this.#pointTable.add(within.number, bytes, start, end);
    if ((number + 1) * DIGEST_WORDS > this.digests.length) {
      const digests = new Uint32Array(2 * this.digests.length);
      digests.set(this.digests);
      this.digests = digests;
    }
    this.digests.set(digestOf(labels), number * DIGEST_WORDS);
    return number;
  }

  /** What tells the stream of a delta point from others, whatever order its attributes stand in. */
  identityOf(within: MetricContext, number: number, { bytes, start, end }: WirePieces): string {
    let identity = this.#identities.get(number);
    if (identity === undefined) {
      identity = this.#identity(readAttributes(bytes, start, end), within.identity);
      this.#identities.set(number, identity);
    }
    return identity;
  }

  /** Empty where no delta streams are added up. */
  #identity(attributes: readonly TextAttribute[], ...texts: readonly string[]): string {
    if (this.#options.delta !== 'cumulative') return '';
    const pairs = attributes.map((a) => [a.key, a.value]).sort((a, b) => compareText(a[0]!, b[0]!));
    return hash('sha256', JSON.stringify([texts, pairs]), 'base64');
  }

  /** A point's labels but for `le`, `quantile` and what its series append to the name. */
  labels(within: MetricContext, attributes: readonly TextAttribute[]): Labels {
    const { scope, family } = within;
    return pointLabels(attributes, scope.resource.promoted, scope.fixed, family, this.#namer);
  }

  info(within: ResourceContext): InfoSeries | null {
    if (within.info !== undefined) return within.info;
    const labels = within.resource.targetInfo();
    within.info = labels ? { labels, digest: digestOf(labels), id: labels.key() } : null;
    return within.info;
  }
}

/** The texts of a Metric; other fields are stepped over. */
export function readMetricText(
  bytes: Uint8Array,
  start: number,
  end: number,
): { name: string; help: string; unit: string } {
  const out = { name: '', help: '', unit: '' };
  const r = new ProtoReader(bytes, start, end);
  while (r.next()) {
    if (r.field === 1) out.name = r.text();
    else if (r.field === 2) out.help = r.text();
    else if (r.field === 3) out.unit = r.text();
    else r.skip();
  }
  return out;
}

/** A point's attributes, of its attribute fields. */
export function readAttributes(bytes: Uint8Array, start: number, end: number): TextAttribute[] {
  const out: TextAttribute[] = [];
  const r = new ProtoReader(bytes, start, end);
  while (r.next()) readAttribute(r, out);
  return out;
}

function digestOf(labels: Labels): Uint32Array {
  const digest = new Uint8Array(hash('sha256', labels.toBytes(), 'buffer'));
  return new Uint32Array(digest.buffer, 0, DIGEST_WORDS);
}

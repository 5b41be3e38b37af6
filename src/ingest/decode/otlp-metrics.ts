/**
 * OTLP metrics (`ExportMetricsServiceRequest`, protobuf) to a batch. What gives a message its context (resource,
 * scope, a metric's name and unit) may stand behind what it is the context of, so each level is walked twice:
 * first for the context, then for the content. Context and attributes stay bytes: nearly all have been seen before
 * (`translate/otlp-series-cache.ts`).
 *
 * A metric that cannot be translated (delta temporality, a scale out of range, no name) adds nothing and is listed
 * in `refused`; whether that refuses the request is the surface's to say.
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import { DeltaStreams, type DroppedDelta } from '../translate/delta-streams.ts';
import type { OtlpMetricKind } from '../translate/otlp-names.ts';
import { OtlpPoint } from '../translate/otlp-point.ts';
import { OtlpTranslator } from '../translate/otlp-series.ts';
import { OtlpSeriesCache, readAttributes, readMetricText } from '../translate/otlp-series-cache.ts';
import { SeriesKeys } from '../translate/series-keys.ts';
import { asBadData } from './bad-data.ts';
import type { DecodeScratch } from './decode-scratch.ts';
import { MetricRows } from './metric-rows.ts';
import { BAD_OTLP } from './otlp-check.ts';
import {
  readExponentialPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './otlp-points.ts';
import { WirePieces } from './wire-pieces.ts';

export interface RefusedMetric {
  readonly metric: string;
  /** Its data points, none of which is in the batch. */
  readonly points: number;
  readonly message: string;
}

export interface DroppedPoints extends DroppedDelta {
  readonly points: number;
}

export interface OtlpMetrics {
  readonly batch: MetricBatch;
  readonly refused: readonly RefusedMetric[];
  /** Points of delta metrics that could not be added up; the others of their metrics are in the batch. */
  readonly dropped: readonly DroppedPoints[];
  /** Data points in the request, refused ones included. */
  readonly points: number;
}

/** What is kept from request to request. */
interface Memory {
  readonly cache: OtlpSeriesCache;
  /** Where delta points are added up. */
  readonly deltas: DeltaStreams | undefined;
}

/** By how requests are translated: the options of a configuration are one object. */
const memories = new WeakMap<OtlpTranslationOptions, Memory>();
const totals = new WeakMap<object, DeltaStreams>();

function totalsOf(group: object): DeltaStreams {
  const streams = totals.get(group) ?? new DeltaStreams();
  totals.set(group, streams);
  return streams;
}

/**
 * Decodes a request. Throws `bad_data` where the bytes are none. The batch's labels are read from `body` when they are
 * asked for, its columns and keys are memory of `scratch`, where that is given. By `nowMs` delta streams become stale.
 */
export function decodeOtlpMetrics(
  body: Uint8Array,
  options: OtlpTranslationOptions,
  scratch?: DecodeScratch,
  nowMs = 0,
): OtlpMetrics {
  let memory = memories.get(options);
  if (!memory) {
    const deltas = options.delta === 'cumulative' ? totalsOf(options.deltaGroup ?? options) : undefined;
    memory = { cache: new OtlpSeriesCache(options), deltas };
    memories.set(options, memory);
  }
  const { cache, deltas } = memory;
  deltas?.begin(nowMs);
  const rows = scratch?.rows() ?? new MetricRows(body.length >>> 6, body.length >>> 6);
  const keys = scratch?.seriesKeys() ?? new SeriesKeys();
  const translator = new OtlpTranslator(body, options, cache, rows, keys, deltas);
  const decoder = new Decoder(body, translator, options.delta !== 'refuse');
  asBadData(BAD_OTLP, () => decoder.run());
  return decoder.finish();
}

/** Aggregation temporalities. */
const DELTA = 1;
const CUMULATIVE = 2;
/** The fields of Metric that hold data points. */
const GAUGE = 5;
const SUM = 7;
const HISTOGRAM = 9;
const EXPONENTIAL = 10;
const SUMMARY = 11;

/** What a metric's fields say of it besides its points. */
interface MetricHead {
  /** The data field that is set, 0 for none. */
  data: number;
  temporality: number;
  monotonic: boolean;
}

class Decoder {
  readonly #r: ProtoReader;
  readonly #out: OtlpTranslator;
  readonly #takesDeltas: boolean;
  readonly #refused: RefusedMetric[] = [];
  readonly #dropped: DroppedPoints[] = [];
  /** Of the metric at hand: points that were dropped, and why the first was. */
  #droppedPoints = 0;
  #firstDropped: DroppedDelta | undefined;
  /** The fields of the message being walked that name it. */
  readonly #pieces: WirePieces;
  readonly #metricPieces: WirePieces;
  readonly #attributes: WirePieces;
  readonly #p = new OtlpPoint();
  readonly #head: MetricHead = { data: 0, temporality: 0, monotonic: false };
  #points = 0;

  constructor(body: Uint8Array, out: OtlpTranslator, takesDeltas: boolean) {
    this.#takesDeltas = takesDeltas;
    this.#r = new ProtoReader(body);
    this.#pieces = new WirePieces(body);
    this.#metricPieces = new WirePieces(body);
    this.#attributes = new WirePieces(body);
    this.#out = out;
  }

  finish(): OtlpMetrics {
    const batch = this.#out.batch();
    return { batch, refused: this.#refused, dropped: this.#dropped, points: this.#points };
  }

  run(): void {
    const r = this.#r;
    while (r.next()) {
      if (r.field === 1) this.#resourceMetrics();
      else r.skip();
    }
  }

  /** Gathers the message's fields that `names` accepts; the reader ends at the message's start again. */
  #gather(pieces: WirePieces, names: (field: number) => boolean): void {
    const r = this.#r;
    const start = r.pos;
    pieces.clear();
    for (let at = start; r.next(); at = r.pos) {
      if (names(r.field)) {
        r.expect(WIRE.length);
        r.range();
        pieces.add(at, r.pos);
      } else r.skip();
    }
    pieces.finish();
    r.pos = start;
  }

  #resourceMetrics(): void {
    const r = this.#r;
    const outer = r.enter();
    this.#gather(this.#pieces, isResource);
    this.#out.beginResource(this.#pieces);
    while (r.next()) {
      if (r.field === 2) this.#scopeMetrics();
      else r.skip();
    }
    this.#out.endResource();
    r.leave(outer);
  }

  #scopeMetrics(): void {
    const r = this.#r;
    const outer = r.enter();
    this.#gather(this.#pieces, isScopeOrSchema);
    this.#out.beginScope(this.#pieces);
    while (r.next()) {
      if (r.field === 2) this.#metric();
      else r.skip();
    }
    r.leave(outer);
  }

  #metric(): void {
    const r = this.#r;
    const outer = r.enter();
    this.#metricHead();
    const { data } = this.#head;
    const mark = this.#out.mark();
    const before = this.#points;
    this.#droppedPoints = 0;
    let problem = this.#begin();
    while (r.next()) {
      if (r.field !== data || r.wire !== WIRE.length) {
        r.skip();
        continue;
      }
      const dataOuter = r.enter();
      while (r.next()) {
        if (r.field !== 1) {
          r.skip();
          continue;
        }
        this.#points++;
        const pointOuter = r.enter();
        const message = this.#point(data, problem === undefined);
        problem ??= message;
        r.leave(pointOuter);
      }
      r.leave(dataOuter);
    }
    if (problem !== undefined) {
      this.#out.rewind(mark);
      this.#refused.push({
        metric: this.#name(),
        points: this.#points - before,
        message: problem,
      });
    } else if (this.#droppedPoints > 0) {
      const { reason, message } = this.#firstDropped!;
      const points = this.#droppedPoints;
      this.#dropped.push({ reason, points, message: `metric ${JSON.stringify(this.#name())}: ${message}` });
    }
    r.leave(outer);
  }

  #name(): string {
    const { bytes, start, end } = this.#metricPieces;
    return readMetricText(bytes, start, end).name;
  }

  /** Reads what stands beside the points into `#head` and `#metricPieces`. */
  #metricHead(): void {
    const r = this.#r;
    const head = this.#head;
    const pieces = this.#metricPieces;
    head.data = 0;
    head.temporality = 0;
    head.monotonic = false;
    pieces.clear();
    const start = r.pos;
    for (let at = start; r.next(); at = r.pos) {
      switch (r.field) {
        case GAUGE:
        case SUM:
        case HISTOGRAM:
        case EXPONENTIAL:
        case SUMMARY:
          head.data = r.field;
          readTemporality(r, head);
          break;
        case 1:
        case 2:
        case 3:
          r.expect(WIRE.length);
          r.range();
          pieces.add(at, r.pos);
          break;
        default:
          r.skip();
      }
    }
    pieces.finish();
    r.pos = start;
  }

  /** Announces the metric; returns why it is refused. */
  #begin(): string | undefined {
    const head = this.#head;
    const temporal = head.data === SUM || head.data === HISTOGRAM || head.data === EXPONENTIAL;
    const isDelta = temporal && head.temporality === DELTA;
    if (temporal && head.temporality !== CUMULATIVE && !(isDelta && this.#takesDeltas)) {
      return `invalid temporality and type combination for metric "${this.#name()}"`;
    }
    return attempt(() => this.#out.beginMetric(kindOf(head), isDelta, this.#metricPieces));
  }

  /** Reads a data point; returns why it cannot be taken. A point that is not `wanted` is only read for its time. */
  #point(data: number, wanted: boolean): string | undefined {
    const p = this.#p;
    const pieces = this.#attributes;
    p.clear();
    pieces.clear();
    this.#readPoint(data);
    pieces.finish();
    this.#out.seen(p.timeMs);
    if (!wanted || this.#out.findPoint(pieces) < 0) {
      const attributes = readAttributes(pieces.bytes, pieces.start, pieces.end);
      if (!wanted) return undefined;
      const problem = attempt(() => this.#out.addPoint(pieces, attributes));
      if (problem !== undefined) return problem;
    }
    const dropped = this.#out.accumulate(p, pieces);
    if (!dropped) return this.#add(data);
    if (this.#droppedPoints++ === 0) this.#firstDropped = dropped;
    return undefined;
  }

  #add(data: number): string | undefined {
    try {
      if (data === HISTOGRAM) this.#out.addHistogram(this.#p);
      else if (data === EXPONENTIAL) this.#out.addExponential(this.#p);
      else if (data === SUMMARY) this.#out.addSummary(this.#p);
      else this.#out.addNumber(this.#p);
      return undefined;
    } catch (e) {
      return messageOf(e);
    }
  }

  #readPoint(data: number): void {
    if (data === HISTOGRAM) readHistogramPoint(this.#r, this.#p, this.#attributes);
    else if (data === EXPONENTIAL) readExponentialPoint(this.#r, this.#p, this.#attributes);
    else if (data === SUMMARY) readSummaryPoint(this.#r, this.#p, this.#attributes);
    else readNumberPoint(this.#r, this.#p, this.#attributes, data === SUM);
  }
}

const isResource = (field: number) => field === 1;
const isScopeOrSchema = (field: number) => field === 1 || field === 3;

function kindOf(head: MetricHead): OtlpMetricKind {
  switch (head.data) {
    case SUM:
      return head.monotonic ? 'counter' : 'updown';
    case HISTOGRAM:
      return 'histogram';
    case EXPONENTIAL:
      return 'exponential';
    case SUMMARY:
      return 'summary';
    default:
      return 'gauge';
  }
}

function messageOf(e: unknown): string {
  if (e instanceof TriliteError) return e.message;
  throw e;
}

function attempt(add: () => void): string | undefined {
  try {
    add();
    return undefined;
  } catch (e) {
    return messageOf(e);
  }
}

/** What a data field says besides its points. */
function readTemporality(r: ProtoReader, head: MetricHead): void {
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 2) head.temporality = r.asVarint();
    else if (r.field === 3) head.monotonic = r.asVarint() !== 0;
    else r.skip();
  }
  r.leave(outer);
}

/**
 * OTLP metrics (`ExportMetricsServiceRequest`, protobuf) to a batch. What gives a message its context (resource,
 * scope, a metric's name and unit) may stand behind what it is the context of, so each level is walked twice:
 * first for the context, then for the content.
 *
 * A metric that cannot be translated (delta temporality, a scale out of range, no name) adds nothing and is listed
 * in `refused`; whether that refuses the request is the surface's to say.
 */

import { ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { MetricBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import type { MetricType } from '../../model/metadata.ts';
import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import type { OtlpMetricKind } from '../translate/otlp-names.ts';
import { OtlpTranslator } from '../translate/otlp-series.ts';
import { asBadData } from './bad-data.ts';
import { readAttribute, type TextAttribute } from './otlp-attributes.ts';
import { BAD_OTLP } from './otlp-check.ts';
import {
  readExponentialPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './otlp-points.ts';

export interface RefusedMetric {
  readonly metric: string;
  /** Its data points, none of which is in the batch. */
  readonly points: number;
  readonly message: string;
}

export interface OtlpMetrics {
  readonly batch: MetricBatch;
  readonly refused: readonly RefusedMetric[];
  /** Data points in the request, refused ones included. */
  readonly points: number;
}

/** Decodes a request. Throws `bad_data` where the bytes are none. */
export function decodeOtlpMetrics(body: Uint8Array, options: OtlpTranslationOptions): OtlpMetrics {
  const decoder = new Decoder(body, options);
  asBadData(BAD_OTLP, () => decoder.run());
  return decoder.finish();
}

const CUMULATIVE = 2;
/** The fields of Metric that hold data points. */
const GAUGE = 5;
const SUM = 7;
const HISTOGRAM = 9;
const EXPONENTIAL = 10;
const SUMMARY = 11;

interface MetricHead {
  name: string;
  help: string;
  unit: string;
  /** The data field that is set, 0 for none. */
  data: number;
  temporality: number;
  monotonic: boolean;
}

class Decoder {
  readonly #r: ProtoReader;
  readonly #out: OtlpTranslator;
  readonly #refused: RefusedMetric[] = [];
  #points = 0;

  constructor(body: Uint8Array, options: OtlpTranslationOptions) {
    this.#r = new ProtoReader(body);
    this.#out = new OtlpTranslator(options, body.length);
  }

  finish(): OtlpMetrics {
    return { batch: this.#out.batch(), refused: this.#refused, points: this.#points };
  }

  run(): void {
    const r = this.#r;
    while (r.next()) {
      if (r.field === 1) this.#resourceMetrics();
      else r.skip();
    }
  }

  /** Calls `read` for every field of the nested message, twice over with different readers. */
  #walk(start: number, read: () => void): void {
    this.#r.pos = start;
    while (this.#r.next()) read();
  }

  #resourceMetrics(): void {
    const r = this.#r;
    const outer = r.enter();
    const start = r.pos;
    const attributes: TextAttribute[] = [];
    this.#walk(start, () => {
      if (r.field !== 1) return r.skip();
      const resourceOuter = r.enter();
      while (r.next()) {
        if (r.field === 1) readAttribute(r, attributes);
        else r.skip();
      }
      r.leave(resourceOuter);
    });
    this.#out.beginResource(attributes);
    this.#walk(start, () => (r.field === 2 ? this.#scopeMetrics() : r.skip()));
    this.#out.endResource();
    r.leave(outer);
  }

  #scopeMetrics(): void {
    const r = this.#r;
    const outer = r.enter();
    const start = r.pos;
    const attributes: TextAttribute[] = [];
    let name = '';
    let version = '';
    let schemaUrl = '';
    this.#walk(start, () => {
      if (r.field === 3) {
        schemaUrl = r.text();
        return;
      }
      if (r.field !== 1) return r.skip();
      const scopeOuter = r.enter();
      while (r.next()) {
        if (r.field === 1) name = r.text();
        else if (r.field === 2) version = r.text();
        else if (r.field === 3) readAttribute(r, attributes);
        else r.skip();
      }
      r.leave(scopeOuter);
    });
    this.#out.beginScope({ name, version, schemaUrl, attributes });
    this.#walk(start, () => (r.field === 2 ? this.#metric() : r.skip()));
    r.leave(outer);
  }

  #metric(): void {
    const r = this.#r;
    const outer = r.enter();
    const start = r.pos;
    const end = r.end;
    const head = this.#metricHead(start);
    const mark = this.#out.mark();
    const before = this.#points;
    let problem: string | undefined;
    try {
      problem = this.#begin(head);
    } catch (e) {
      problem = messageOf(e);
    }
    this.#walk(start, () => {
      if (r.field !== head.data || r.wire !== WIRE.length) return r.skip();
      const dataOuter = r.enter();
      while (r.next()) {
        if (r.field !== 1) {
          r.skip();
          continue;
        }
        this.#points++;
        const pointOuter = r.enter();
        const message = this.#point(head.data, problem === undefined);
        problem ??= message;
        r.leave(pointOuter);
      }
      r.leave(dataOuter);
    });
    if (problem !== undefined) {
      this.#out.rewind(mark);
      this.#refused.push({ metric: head.name, points: this.#points - before, message: problem });
    }
    r.end = end;
    r.leave(outer);
  }

  #metricHead(start: number): MetricHead {
    const r = this.#r;
    const head: MetricHead = { name: '', help: '', unit: '', data: 0, temporality: 0, monotonic: false };
    this.#walk(start, () => {
      switch (r.field) {
        case 1:
          head.name = r.text();
          return;
        case 2:
          head.help = r.text();
          return;
        case 3:
          head.unit = r.text();
          return;
        case GAUGE:
        case SUM:
        case HISTOGRAM:
        case EXPONENTIAL:
        case SUMMARY:
          head.data = r.field;
          readTemporality(r, head);
          return;
        default:
          r.skip();
      }
    });
    return head;
  }

  /** Announces the metric; returns why it is refused. */
  #begin(head: MetricHead): string | undefined {
    const temporal = head.data === SUM || head.data === HISTOGRAM || head.data === EXPONENTIAL;
    if (temporal && head.temporality !== CUMULATIVE) {
      return `invalid temporality and type combination for metric "${head.name}"`;
    }
    const kind = kindOf(head);
    this.#out.beginMetric(head.name, head.unit, kind, {
      type: TYPE_OF[kind],
      help: head.help,
      unit: head.unit,
    });
    return undefined;
  }

  /** Reads a data point; returns why it cannot be taken. A point that is not `wanted` is only read for its time. */
  #point(data: number, wanted: boolean): string | undefined {
    const r = this.#r;
    switch (data) {
      case GAUGE:
      case SUM: {
        const p = readNumberPoint(r, data === SUM);
        this.#out.seen(p.timeMs);
        return wanted ? attempt(() => this.#out.addNumber(p)) : undefined;
      }
      case HISTOGRAM: {
        const p = readHistogramPoint(r);
        this.#out.seen(p.timeMs);
        return wanted ? attempt(() => this.#out.addHistogram(p)) : undefined;
      }
      case EXPONENTIAL: {
        const p = readExponentialPoint(r);
        this.#out.seen(p.timeMs);
        return wanted ? attempt(() => this.#out.addExponential(p)) : undefined;
      }
      default: {
        const p = readSummaryPoint(r);
        this.#out.seen(p.timeMs);
        return wanted ? attempt(() => this.#out.addSummary(p)) : undefined;
      }
    }
  }
}

const TYPE_OF: Readonly<Record<OtlpMetricKind, MetricType>> = {
  gauge: 'gauge',
  counter: 'counter',
  updown: 'gauge',
  histogram: 'histogram',
  exponential: 'histogram',
  summary: 'summary',
};

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

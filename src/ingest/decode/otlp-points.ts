/**
 * OTLP data points and exemplars, one message each. Nanoseconds become whole milliseconds, attributes text; what a
 * point means is the translator's to say.
 */

import { joinU32 } from '../../base/bytes.ts';
import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { EXEMPLAR_LABELS_MAX_CHARS } from '../../model/exemplar.ts';
import { Labels } from '../../model/labels.ts';
import type { ExponentialPoint, OtlpBuckets } from '../translate/otlp-histogram.ts';
import type { HistogramPoint, NumberPoint, SummaryPoint } from '../translate/otlp-point.ts';
import { readAttribute, type TextAttribute } from './otlp-attributes.ts';

/** Bit of a point's flags: no recorded value. */
const NO_RECORDED_VALUE = 1;
/** 2^32 ns are 4294 ms and this many ns. */
const NANOS_LOW_PER_HIGH = 967_296;

/** Nanoseconds on the wire to whole milliseconds, without rounding up. */
function readTimeMs(r: ProtoReader): number {
  r.expect(WIRE.fixed64);
  r.fixed64();
  return r.high * 4294 + Math.floor((r.high * NANOS_LOW_PER_HIGH + r.low) / 1_000_000);
}

function readFixed64(r: ProtoReader): number {
  r.fixed64();
  return joinU32(r.high, r.low);
}

const readDouble = (r: ProtoReader): number => r.double();
const readVarint = (r: ProtoReader): number => r.varint();

/** What all points share, while their fields are read. */
class PointFields {
  attributes: TextAttribute[] = [];
  exemplars: Exemplar[] = [];
  timeMs = 0;
  startMs = 0;
  stale = false;
}

/** Under which field numbers a kind of point has what all kinds have; 0 for what it has not. */
interface SharedNumbers {
  readonly attributes: number;
  readonly flags: number;
  readonly exemplars: number;
}

const GAUGE_NUMBERS: SharedNumbers = { attributes: 7, flags: 8, exemplars: 0 };
const SUM_NUMBERS: SharedNumbers = { attributes: 7, flags: 8, exemplars: 5 };
const HISTOGRAM_NUMBERS: SharedNumbers = { attributes: 9, flags: 10, exemplars: 8 };
const EXPONENTIAL_NUMBERS: SharedNumbers = { attributes: 1, flags: 10, exemplars: 11 };
const SUMMARY_NUMBERS: SharedNumbers = { attributes: 7, flags: 8, exemplars: 0 };

/** Reads the field at hand if all points have it, and steps over it if not. */
function readShared(r: ProtoReader, p: PointFields, numbers: SharedNumbers): void {
  switch (r.field) {
    case 2:
      p.startMs = readTimeMs(r);
      break;
    case 3:
      p.timeMs = readTimeMs(r);
      break;
    case numbers.attributes:
      readAttribute(r, p.attributes);
      break;
    case numbers.flags:
      p.stale = (r.asVarint() & NO_RECORDED_VALUE) !== 0;
      break;
    case numbers.exemplars:
      p.exemplars.push(readExemplar(r));
      break;
    default:
      r.skip();
  }
}

/** With exemplars only where they are wanted: those of gauges are not. */
export function readNumberPoint(r: ProtoReader, withExemplars: boolean): NumberPoint {
  const p = new PointFields();
  const numbers = withExemplars ? SUM_NUMBERS : GAUGE_NUMBERS;
  let value = 0;
  while (r.next()) {
    switch (r.field) {
      case 4:
        value = r.asDouble();
        break;
      case 6:
        value = r.asSfixed64();
        break;
      default:
        readShared(r, p, numbers);
    }
  }
  return { ...p, value };
}

export function readHistogramPoint(r: ProtoReader): HistogramPoint {
  const p = new PointFields();
  const bucketCounts: number[] = [];
  const bounds: number[] = [];
  let count = 0;
  let sum: number | undefined;
  while (r.next()) {
    switch (r.field) {
      case 4:
        count = r.asFixed64();
        break;
      case 5:
        sum = r.asDouble();
        break;
      case 6:
        r.repeated(bucketCounts, WIRE.fixed64, readFixed64);
        break;
      case 7:
        r.repeated(bounds, WIRE.fixed64, readDouble);
        break;
      default:
        readShared(r, p, HISTOGRAM_NUMBERS);
    }
  }
  return { ...p, count, sum, bucketCounts, bounds };
}

export function readExponentialPoint(r: ProtoReader): ExponentialPoint {
  const p = new PointFields();
  let count = 0;
  let sum: number | undefined;
  let scale = 0;
  let zeroCount = 0;
  let positive: OtlpBuckets = { offset: 0, counts: [] };
  let negative: OtlpBuckets = { offset: 0, counts: [] };
  while (r.next()) {
    switch (r.field) {
      case 4:
        count = r.asFixed64();
        break;
      case 5:
        sum = r.asDouble();
        break;
      case 6:
        scale = r.asZigzag();
        break;
      case 7:
        zeroCount = r.asFixed64();
        break;
      case 8:
        positive = readBuckets(r);
        break;
      case 9:
        negative = readBuckets(r);
        break;
      default:
        readShared(r, p, EXPONENTIAL_NUMBERS);
    }
  }
  return { ...p, count, sum, scale, zeroCount, positive, negative };
}

function readBuckets(r: ProtoReader): OtlpBuckets {
  let offset = 0;
  const counts: number[] = [];
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) offset = r.asZigzag();
    else if (r.field === 2) r.repeated(counts, WIRE.varint, readVarint);
    else r.skip();
  }
  r.leave(outer);
  return { offset, counts };
}

export function readSummaryPoint(r: ProtoReader): SummaryPoint {
  const p = new PointFields();
  const quantiles: number[] = [];
  let count = 0;
  let sum = 0;
  while (r.next()) {
    switch (r.field) {
      case 4:
        count = r.asFixed64();
        break;
      case 5:
        sum = r.asDouble();
        break;
      case 6:
        readQuantile(r, quantiles);
        break;
      default:
        readShared(r, p, SUMMARY_NUMBERS);
    }
  }
  return { ...p, count, sum, quantiles };
}

function readQuantile(r: ProtoReader, into: number[]): void {
  let quantile = 0;
  let value = 0;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) quantile = r.asDouble();
    else if (r.field === 2) value = r.asDouble();
    else r.skip();
  }
  r.leave(outer);
  into.push(quantile, value);
}

/** Its labels: the ids, and the filtered attributes where all together stay within the limit. */
function readExemplar(r: ProtoReader): Exemplar {
  const attributes: TextAttribute[] = [];
  let value = 0;
  let timestampMs = 0;
  let spanId = '';
  let traceId = '';
  const outer = r.enter();
  while (r.next()) {
    switch (r.field) {
      case 2:
        timestampMs = readTimeMs(r);
        break;
      case 3:
        value = r.asDouble();
        break;
      case 4:
        spanId = hexId(r.bytes());
        break;
      case 5:
        traceId = hexId(r.bytes());
        break;
      case 6:
        value = r.asSfixed64();
        break;
      case 7:
        readAttribute(r, attributes);
        break;
      default:
        r.skip();
    }
  }
  r.leave(outer);
  const entries: [string, string][] = [];
  if (traceId !== '') entries.push(['trace_id', traceId]);
  if (spanId !== '') entries.push(['span_id', spanId]);
  for (const a of attributes) entries.push([a.key, a.value]);
  const chars = entries.reduce((n, [k, v]) => n + [...k].length + [...v].length, 0);
  const kept =
    chars <= EXEMPLAR_LABELS_MAX_CHARS ? entries : entries.slice(0, entries.length - attributes.length);
  return { labels: Labels.from(kept), value, timestampMs };
}

/** Lower-case hex; empty for an id of zeros, which is none. */
function hexId(bytes: Uint8Array): string {
  return bytes.every((b) => b === 0) ? '' : Buffer.from(bytes).toString('hex');
}

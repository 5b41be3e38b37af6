/**
 * OTLP data points and exemplars, one message each. Nanoseconds become whole milliseconds; what a point means is the
 * translator's to say. Attributes stay bytes: whoever has seen them before needs no text of them.
 */

import { joinU32 } from '../../base/bytes.ts';
import { type ProtoReader, WIRE } from '../../base/protobuf.ts';
import type { Exemplar } from '../../model/exemplar.ts';
import { EXEMPLAR_LABELS_MAX_CHARS } from '../../model/exemplar.ts';
import { Labels } from '../../model/labels.ts';
import type { OtlpBuckets, OtlpPoint } from '../translate/otlp-point.ts';
import { readAttribute, type TextAttribute } from './otlp-attributes.ts';
import type { WirePieces } from './wire-pieces.ts';

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

/** Reads the field at hand, whose tag is at `at`, if all points have it, and steps over it if not. */
function readShared(
  r: ProtoReader,
  at: number,
  p: OtlpPoint,
  attributes: WirePieces,
  numbers: SharedNumbers,
): void {
  switch (r.field) {
    case 2:
      p.startMs = readTimeMs(r);
      break;
    case 3:
      p.timeMs = readTimeMs(r);
      break;
    case numbers.attributes:
      r.expect(WIRE.length);
      r.range();
      attributes.add(at, r.pos);
      break;
    case numbers.flags:
      p.stale = (r.asVarint() & NO_RECORDED_VALUE) !== 0;
      break;
    case numbers.exemplars:
      p.addExemplar(readExemplar(r));
      break;
    default:
      r.skip();
  }
}

/** With exemplars only where they are wanted: those of gauges are not. */
export function readNumberPoint(
  r: ProtoReader,
  p: OtlpPoint,
  attributes: WirePieces,
  withExemplars: boolean,
): void {
  const numbers = withExemplars ? SUM_NUMBERS : GAUGE_NUMBERS;
  for (let at = r.pos; r.next(); at = r.pos) {
    switch (r.field) {
      case 4:
        p.value = r.asDouble();
        break;
      case 6:
        p.value = r.asSfixed64();
        break;
      default:
        readShared(r, at, p, attributes, numbers);
    }
  }
}

export function readHistogramPoint(r: ProtoReader, p: OtlpPoint, attributes: WirePieces): void {
  for (let at = r.pos; r.next(); at = r.pos) {
    switch (r.field) {
      case 4:
        p.count = r.asFixed64();
        break;
      case 5:
        p.sum = r.asDouble();
        p.hasSum = true;
        break;
      case 6:
        readCounts(r, p);
        break;
      case 7:
        readBounds(r, p);
        break;
      default:
        readShared(r, at, p, attributes, HISTOGRAM_NUMBERS);
    }
  }
}

/** Appends to the bucket counts, packed or not. */
function readCounts(r: ProtoReader, p: OtlpPoint): void {
  if (r.wire === WIRE.fixed64) {
    p.bucketCounts[p.bucketCount++] = r.asFixed64();
    return;
  }
  const outer = r.enter();
  while (r.pos < r.end) {
    r.fixed64();
    p.bucketCounts[p.bucketCount++] = joinU32(r.high, r.low);
  }
  r.leave(outer);
}

/** Appends to the bounds, packed or not. */
function readBounds(r: ProtoReader, p: OtlpPoint): void {
  if (r.wire === WIRE.fixed64) {
    p.bounds[p.boundCount++] = r.double();
    return;
  }
  const outer = r.enter();
  while (r.pos < r.end) p.bounds[p.boundCount++] = r.double();
  r.leave(outer);
}

const readVarint = (r: ProtoReader): number => r.varint();

export function readExponentialPoint(r: ProtoReader, p: OtlpPoint, attributes: WirePieces): void {
  for (let at = r.pos; r.next(); at = r.pos) {
    switch (r.field) {
      case 4:
        p.count = r.asFixed64();
        break;
      case 5:
        p.sum = r.asDouble();
        p.hasSum = true;
        break;
      case 6:
        p.scale = r.asZigzag();
        break;
      case 7:
        p.zeroCount = r.asFixed64();
        break;
      case 8:
        p.positive = readBuckets(r);
        break;
      case 9:
        p.negative = readBuckets(r);
        break;
      case 14:
        p.zeroThreshold = r.asDouble();
        break;
      default:
        readShared(r, at, p, attributes, EXPONENTIAL_NUMBERS);
    }
  }
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

export function readSummaryPoint(r: ProtoReader, p: OtlpPoint, attributes: WirePieces): void {
  for (let at = r.pos; r.next(); at = r.pos) {
    switch (r.field) {
      case 4:
        p.count = r.asFixed64();
        break;
      case 5:
        p.sum = r.asDouble();
        break;
      case 6:
        readQuantile(r, p);
        break;
      default:
        readShared(r, at, p, attributes, SUMMARY_NUMBERS);
    }
  }
}

function readQuantile(r: ProtoReader, p: OtlpPoint): void {
  let quantile = 0;
  let value = 0;
  const outer = r.enter();
  while (r.next()) {
    if (r.field === 1) quantile = r.asDouble();
    else if (r.field === 2) value = r.asDouble();
    else r.skip();
  }
  r.leave(outer);
  p.quantiles[p.quantileCount++] = quantile;
  p.quantiles[p.quantileCount++] = value;
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

/**
 * Zipkin's API v2 in JSON: an array of spans to a `SpanBatch`, in one pass over the text. Ids are hex digits, up to 32
 * or 16, times microseconds as number or text; unknown keys are skipped at any depth, `null` is absent.
 */

import { ByteError } from '../../base/bytes.ts';
import type { SpanBatch } from '../../model/batch.ts';
import { TriliteError } from '../../model/errors.ts';
import { ipAddressOf } from './ip-address.ts';
import { JsonScanner } from './json-scanner.ts';
import { decodeOtlpTraces } from './otlp-traces.ts';
import { ZipkinToOtlp } from './zipkin-otlp.ts';
import {
  PORT_MAX,
  paddedId,
  SPAN_ID_DIGITS,
  TIME_US_MAX,
  TRACE_ID_DIGITS,
  type ZipkinAnnotation,
  type ZipkinEndpoint,
  type ZipkinSpan,
  type ZipkinSpanDraft,
  zipkinSpanDraft,
} from './zipkin-span.ts';

/** The format needs four; what is skipped may be of any shape. */
const DEPTH_MAX = 100;

/**
 * Throws `TriliteError` (`bad_data`) with the path (`[3].localEndpoint.port`) and the reason where the text is not JSON or
 * a value does not fit; nothing of the request is to be stored then.
 */
export function decodeZipkinJson(body: Uint8Array): SpanBatch {
  return decodeOtlpTraces(new Reader(body).run());
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

class Reader {
  readonly #json: JsonScanner;
  /** Index of the span and names from it to the value at hand. */
  readonly #path: (string | number)[] = [];

  constructor(body: Uint8Array) {
    this.#json = new JsonScanner(body, DEPTH_MAX);
  }

  run(): Uint8Array {
    const out = new ZipkinToOtlp();
    try {
      this.#array(() => out.add(this.#span()));
      this.#json.finish();
    } catch (error) {
      if (!(error instanceof ByteError)) throw error;
      const path = this.#path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
      throw new TriliteError('bad_data', `invalid Zipkin JSON: ${path && `${path}: `}${error.message}`);
    }
    return out.take();
  }

  /** Calls for every element that is not null. */
  #array(each: () => void): void {
    const json = this.#json;
    if (json.next() !== 'array') json.fail('expected an array');
    json.open('array');
    const depth = this.#path.push(0);
    for (let i = 0; json.element(i === 0); i++) {
      this.#path[depth - 1] = i;
      if (json.next() === 'null') json.null();
      else each();
    }
    this.#path.pop();
  }

  /** Calls for every member that is not null; it takes the value. */
  #object(each: (key: string) => void): void {
    const json = this.#json;
    if (json.next() !== 'object') json.fail('expected an object');
    json.open('object');
    for (let first = true; ; first = false) {
      const key = json.key(first);
      if (key === undefined) return;
      this.#path.push(key);
      if (json.next() === 'null') json.null();
      else each(key);
      this.#path.pop();
    }
  }

  #span(): ZipkinSpan {
    const json = this.#json;
    const start = json.pos;
    const span = zipkinSpanDraft();
    this.#object((key) => this.#member(span, key));
    if (span.traceId === '') json.fail('a span without a traceId', start);
    if (span.id === '') json.fail('a span without an id', start);
    if (span.timestampUs + span.durationUs > TIME_US_MAX) json.fail('a span that ends too late', start);
    return span;
  }

  #member(span: ZipkinSpanDraft, key: string): void {
    switch (key) {
      case 'traceId':
        span.traceId = this.#id(TRACE_ID_DIGITS);
        break;
      case 'id':
        span.id = this.#id(SPAN_ID_DIGITS);
        break;
      case 'parentId':
        span.parentId = this.#parentId();
        break;
      case 'name':
        span.name = this.#text();
        break;
      case 'kind':
        span.kind = this.#text();
        break;
      case 'timestamp':
        span.timestampUs = this.#integer(TIME_US_MAX);
        break;
      case 'duration':
        span.durationUs = this.#integer(TIME_US_MAX);
        break;
      case 'localEndpoint':
        span.local = this.#endpoint();
        break;
      case 'remoteEndpoint':
        span.remote = this.#endpoint();
        break;
      case 'annotations':
        this.#array(() => span.annotations.push(this.#annotation()));
        break;
      case 'tags':
        this.#object((name) => span.tags.set(name, this.#tag()));
        break;
      default:
        this.#json.skip();
    }
  }

  #text(): string {
    const json = this.#json;
    if (json.next() !== 'string') json.fail('expected a string');
    return json.string();
  }

  #id(digits: number): string {
    const json = this.#json;
    json.next();
    const start = json.pos;
    const id = paddedId(this.#text(), digits);
    return id ?? json.fail(`expected 1 to ${digits} hex digits, not all of them zero`, start);
  }

  /** Some say with zeros, or with nothing, that there is none. */
  #parentId(): string {
    const json = this.#json;
    json.next();
    const start = json.pos;
    const text = this.#text();
    if (/^0{0,16}$/.test(text)) return '';
    return paddedId(text, SPAN_ID_DIGITS) ?? json.fail(`expected 1 to ${SPAN_ID_DIGITS} hex digits`, start);
  }

  #integer(max: bigint): bigint {
    const json = this.#json;
    const token = json.next();
    const start = json.pos;
    if (token !== 'number' && token !== 'string') json.fail('expected an integer');
    const text = token === 'number' ? json.number() : json.string();
    const value = /^[0-9]{1,20}$/.test(text) ? BigInt(text) : undefined;
    // Another spelling of an integer (`1.5e15`), which is exact as far as doubles are.
    const number = value === undefined && token === 'number' ? Number(text) : Number.NaN;
    const integer = value ?? (Number.isSafeInteger(number) ? BigInt(number) : undefined);
    if (integer === undefined) return json.fail('expected an integer', start);
    if (integer < 0n || integer > max) json.fail('integer out of range', start);
    return integer;
  }

  /** A tag is text; numbers and truths that clients send instead are taken as they are written. */
  #tag(): string {
    const json = this.#json;
    const token = json.next();
    if (token === 'number') return json.number();
    if (token === 'boolean') return String(json.boolean());
    return this.#text();
  }

  #address(): string {
    const json = this.#json;
    json.next();
    const start = json.pos;
    const text = this.#text();
    return text === '' ? '' : (ipAddressOf(text) ?? json.fail('expected an IP address', start));
  }

  #endpoint(): ZipkinEndpoint {
    let serviceName = '';
    let ipv4 = '';
    let ipv6 = '';
    let port = 0;
    this.#object((key) => {
      if (key === 'serviceName') serviceName = this.#text();
      else if (key === 'ipv4') ipv4 = this.#address();
      else if (key === 'ipv6') ipv6 = this.#address();
      else if (key === 'port') port = Number(this.#integer(BigInt(PORT_MAX)));
      else this.#json.skip();
    });
    return { serviceName, address: ipv6 || ipv4, port };
  }

  #annotation(): ZipkinAnnotation {
    const json = this.#json;
    const start = json.pos;
    const annotation: Writable<ZipkinAnnotation> = { timestampUs: 0n, value: '' };
    this.#object((key) => {
      if (key === 'timestamp') annotation.timestampUs = this.#integer(TIME_US_MAX);
      else if (key === 'value') annotation.value = this.#text();
      else json.skip();
    });
    if (annotation.timestampUs === 0n) json.fail('an annotation without a timestamp', start);
    return annotation;
  }
}

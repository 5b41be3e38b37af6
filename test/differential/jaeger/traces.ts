/**
 * Random traces as OTLP's JSON has them: attributes of every type, events, links, services with and without name, spans
 * without root or parent, shared and repeated ids, ids of 64 bits, clocks that are off, spans that take no time.
 *
 * Left out is what Jaeger answers with an error (not finite numbers) or in no particular order (a key that is there twice).
 */

import { Random } from '../../../src/bench/random.ts';

export type Json = Readonly<Record<string, unknown>>;

/** An export request. */
export interface OtlpRequest {
  readonly resourceSpans: readonly Json[];
}

/** Start of the first trace, in ms; each begins a second after the one before. */
export const FIRST_MS = 1_772_366_400_000;
export const TRACE_EVERY_MS = 1000;
const SPANS_MAX = 9;
/** Spans lie within so much of their trace's start, so that traces do not overlap. */
const SPREAD_MS = 300;

export const SERVICES = ['shop', 'db', 'web', 'a/b c', 'Größe', 'lonely'] as const;
export const OPERATIONS = ['GET /', 'SELECT', 'put', '', 'a b', 'π'] as const;
const WORDS = ['x', 'y', '', 'a "b"', '<&>', 'ü', 'true', '1', '["x"]'] as const;
export const KEYS = ['k', 'http.status_code', 'a.b', 'ip', 'peer.ipv4', 'z', 'B', 'resource.k'] as const;
const LIBRARY_KEYS = ['telemetry.sdk.name', 'telemetry.sdk.language', 'telemetry.distro.name'] as const;
const EVENT_NAMES = ['exception', 'b', 'a', ''] as const;

export function makeTraces(seed: number, count: number): OtlpRequest[] {
  const random = new Random(seed);
  const traces = Array.from({ length: count }, (_, n) => new TraceMaker(random, n).run());
  // Stragglers come after everything else.
  return [...traces.flatMap(({ first }) => first), ...traces.flatMap(({ late }) => late)];
}

export function traceId(n: number): string {
  const upper = n % 4 === 0 ? '0'.repeat(16) : (0xabc0_0000 + n).toString(16).padStart(16, '1');
  return upper + (0x5000 + n).toString(16).padStart(16, '0');
}

class TraceMaker {
  readonly #random: Random;
  readonly #n: number;
  readonly #startNs: bigint;

  constructor(random: Random, n: number) {
    this.#random = random;
    this.#n = n;
    this.#startNs = BigInt(FIRST_MS + n * TRACE_EVERY_MS) * 1_000_000n;
  }

  run(): { first: OtlpRequest[]; late: OtlpRequest[] } {
    const count = 1 + this.#random.int(SPANS_MAX);
    const spans = Array.from({ length: count }, (_, i) => this.#span(i));
    this.#disturb(spans);
    const byService = new Map<number, Json[]>();
    let service = 0;
    for (const [i, span] of spans.entries()) {
      // Spans with one id are of one service: else it is open which of them calls their children.
      if (i === 0 || span.spanId !== spans[i - 1]!.spanId) {
        service = i === 0 || this.#random.chance(0.4) ? this.#random.int(8) : i % 3;
      }
      byService.set(service, [...(byService.get(service) ?? []), span]);
    }
    const groups = [...byService].map(([service, list]) => this.#resourceSpans(service, list));
    // The earliest span of a trace tells its place among the others, so the first part goes first.
    const split = groups.length > 1 && this.#random.chance(0.2) ? groups.length - 1 : groups.length;
    const late = groups.slice(split);
    return {
      first: [{ resourceSpans: groups.slice(0, split) }],
      late: late.length > 0 ? [{ resourceSpans: late }] : [],
    };
  }

  #resourceSpans(service: number, spans: readonly Json[]): Json {
    const attributes: Json[] = [];
    if (service < SERVICES.length)
      attributes.push(attribute('service.name', { stringValue: SERVICES[service] }));
    else {
      const names = [{ stringValue: '' }, { intValue: '5' }, undefined];
      const name = this.#random.pick(names);
      if (name !== undefined) attributes.push(attribute('service.name', name));
    }
    if (this.#random.chance(0.6))
      attributes.push(attribute('host.name', { stringValue: `host-${service % 3}` }));
    else if (this.#random.chance(0.3)) {
      attributes.push(
        attribute('host.ip', { arrayValue: { values: [{ stringValue: `10.0.0.${service}` }] } }),
      );
    }
    if (this.#random.chance(0.3)) attributes.push(attribute(LIBRARY_KEYS[0], { stringValue: 'resource' }));
    attributes.push(...this.#attributes(2));
    const scope = this.#random.chance(0.5)
      ? {
          name: this.#random.pick(['lib', 'io']),
          version: this.#random.pick(['', '1.2']),
          attributes: this.#attributes(1),
        }
      : {};
    return { resource: { attributes }, scopeSpans: [{ scope, spans }] };
  }

  /** With distinct keys. */
  #attributes(max: number): Json[] {
    const keys = new Set(Array.from({ length: this.#random.int(max + 1) }, () => this.#random.pick(KEYS)));
    return [...keys].map((key) => attribute(key, this.#value(2)));
  }

  #value(depth: number): Json {
    const kind = this.#random.int(depth > 0 ? 9 : 6);
    switch (kind) {
      case 0:
        return { boolValue: this.#random.chance(0.5) };
      case 1:
        return {
          intValue: this.#random.pick([
            '0',
            '-42',
            '200',
            '500',
            '9007199254740993',
            '-9223372036854775808',
            '16909060',
          ]),
        };
      case 2:
        return { doubleValue: this.#random.pick([0.5, -2, 1e21, 1e-7, 123456.789, 167772161]) };
      case 3:
        return { bytesValue: this.#random.pick(['', 'AP8Q', 'aGk=']) };
      case 4:
        return {};
      case 6:
        return {
          arrayValue: { values: Array.from({ length: this.#random.int(3) }, () => this.#value(depth - 1)) },
        };
      case 7:
        return {
          kvlistValue: {
            values: ['z', 'a']
              .slice(this.#random.int(3))
              .map((key) => attribute(key, this.#value(depth - 1))),
          },
        };
      default:
        return { stringValue: this.#random.pick(WORDS) };
    }
  }

  #span(i: number): Record<string, unknown> {
    // The first span is the earliest: searches stand by it.
    const offsetNs = i === 0 ? 0n : BigInt(1 + this.#random.int(SPREAD_MS * 1_000_000));
    const start = this.#startNs + offsetNs;
    const took = this.#random.chance(0.1)
      ? BigInt(-this.#random.int(3))
      : BigInt(1 + this.#random.int(SPREAD_MS * 1_000_000));
    const span: Record<string, unknown> = {
      traceId: traceId(this.#n),
      spanId: spanId(i + 1),
      name: this.#random.pick(OPERATIONS),
      kind: this.#random.int(6),
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + took),
      attributes: this.#attributes(4),
    };
    const parent = this.#parentOf(i);
    if (parent !== undefined) span.parentSpanId = parent;
    if (this.#random.chance(0.4))
      span.status = this.#random.pick([{ code: 1 }, { code: 2 }, { code: 2, message: 'broke' }, {}]);
    if (this.#random.chance(0.2)) span.traceState = 'a=b';
    if (this.#random.chance(0.2)) {
      (span.attributes as Json[]).push(attribute(this.#random.pick(LIBRARY_KEYS), { stringValue: 'span' }));
    }
    if (this.#random.chance(0.3))
      span.events = Array.from({ length: 1 + this.#random.int(3) }, () => this.#event(start));
    if (this.#random.chance(0.2))
      span.links = Array.from({ length: 1 + this.#random.int(2) }, () => this.#link(parent));
    if (this.#random.chance(0.1))
      Object.assign(span, { droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 3 });
    return span;
  }

  #parentOf(i: number): string | undefined {
    if (this.#random.chance(0.08)) return spanId(0xdead);
    if (i === 0) return undefined;
    return this.#random.chance(0.9) ? spanId(1 + this.#random.int(i)) : undefined;
  }

  #event(start: bigint): Json {
    return {
      timeUnixNano: String(start + BigInt(this.#random.int(1_000_000))),
      name: this.#random.pick(EVENT_NAMES),
      attributes: this.#attributes(2),
    };
  }

  #link(parent: string | undefined): Json {
    const attributes = this.#random.chance(0.5)
      ? [attribute('opentracing.ref_type', { stringValue: this.#random.pick(['child_of', 'follows_from']) })]
      : this.#attributes(1);
    const kind = this.#random.int(4);
    if (kind === 0 && parent !== undefined) return { traceId: traceId(this.#n), spanId: parent, attributes };
    if (kind === 1) return { traceId: '', spanId: spanId(7), attributes };
    return { traceId: traceId(kind === 2 ? 4 : 5), spanId: spanId(8), attributes, traceState: 'l=1' };
  }

  /** At most one of what makes ids ambiguous: with two, Jaeger's answer depends on the order of its maps. */
  #disturb(spans: Record<string, unknown>[]): void {
    if (spans.length < 3 || !this.#random.chance(0.3)) return;
    const [one, other] = [spans[1]!, spans[2]!];
    other.spanId = one.spanId;
    other.parentSpanId = one.parentSpanId;
    const [first, second] = this.#random.chance(0.5) ? [3, 2] : [1, 1];
    one.kind = first;
    other.kind = second;
    for (const span of spans) if (span.parentSpanId === spanId(3)) span.parentSpanId = spanId(1);
  }
}

function spanId(n: number): string {
  return n.toString(16).padStart(16, 'a');
}

function attribute(key: string, value: Json): Json {
  return { key, value };
}

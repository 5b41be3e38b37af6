/**
 * Random traces as OTLP JSON: chains, wide and random trees, missing parents, several roots, none, the shared ids of Zipkin, single spans;
 * with equal times, durations of zero, attributes of every type on all that can have them.
 */

import { Random, seedOf } from '../../../src/bench/random.ts';
import {
  attributes,
  EVENT_FIELDS,
  type KeyValue,
  LINK_FIELDS,
  RESOURCE_FIELDS,
  SCOPE_FIELDS,
  SPAN_FIELDS,
  word,
} from './values.ts';

type Json = Readonly<Record<string, unknown>>;

export interface TraceData {
  /** Bodies of requests to `/v1/traces`. A trace's spans are in several. */
  readonly requests: readonly Json[];
  /** As hexadecimal text. */
  readonly traceIds: readonly string[];
  readonly spanCount: number;
  /** Whether a span may have more than one event or link. */
  readonly several: boolean;
}

/** A round hour; roots start within `DATA_SECONDS` of it. */
export const DATA_START_S = 1_767_268_800;
const DATA_SECONDS = 1800;
/** No span ends later. */
export const DATA_END_S = DATA_START_S + DATA_SECONDS + 600;
const NS_PER_S = 1_000_000_000n;
const TRACES = 160;
const RESOURCES = 14;
const SCOPES = 6;
const SPANS_PER_REQUEST = 400;
const EVENTS_MAX = 3;

const SERVICES = ['svc-a', 'svc-b', 'svc-c', 'Größe'];
const NAMES = ['op1', 'op2', 'GET /', 'GET /a', 'lookup', 'Grüße', ''];
const EVENT_NAMES = ['exception', 'retry', 'Ευρώ', ''];
const MESSAGES = ['', 'failed', 'timeout "x"'];

interface Resource {
  readonly attributes: readonly KeyValue[];
}

interface Scope {
  readonly name?: string;
  readonly version?: string;
  readonly attributes?: readonly KeyValue[];
}

interface Place {
  readonly resource: number;
  readonly scope: number;
  readonly span: Json;
}

function makeResource(random: Random, n: number): Resource {
  // An empty one is lost there.
  const named =
    n === 0 ? [] : [{ key: 'service.name', value: { stringValue: SERVICES[n % SERVICES.length]! } }];
  return { attributes: [...named, ...attributes(random, RESOURCE_FIELDS)] };
}

function makeScope(random: Random, n: number): Scope {
  if (n === 0) return {};
  // Scopes of one name and version are one there, whatever their attributes.
  return {
    name: ['lib.a', 'lib.b', ''][n % 3]!,
    version: ['1.0', '2.1'][n % 2]!,
    attributes: attributes(random, SCOPE_FIELDS),
  };
}

// ------------------------------------------------------------------------------------------------------- shapes

/** Index of each span's parent; -1: a root, -2: one that did not come. Parents precede their children. */
type Parents = readonly number[];

const SHAPES: readonly ((random: Random) => Parents)[] = [
  () => [-1],
  (random) => Array.from({ length: 2 + random.int(4) }, (_, i) => i - 1),
  (random) => Array.from({ length: 15 + random.int(15) }, (_, i) => i - 1),
  (random) => Array.from({ length: 5 + random.int(25) }, (_, i) => (i === 0 ? -1 : 0)),
  (random) => tree(random, 3 + random.int(20)),
  (random) => tree(random, 3 + random.int(12)),
  // Some parents are missing.
  (random) => tree(random, 4 + random.int(10)).map((p, i) => (i > 0 && random.chance(0.3) ? -2 : p)),
  // Several roots.
  (random) => tree(random, 4 + random.int(8)).map((p) => (random.chance(0.3) ? -1 : p)),
  // No root.
  (random) => tree(random, 2 + random.int(6)).map((p) => (p === -1 ? -2 : p)),
];

function tree(random: Random, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? -1 : random.int(i)));
}

const ZERO_ID_SHARE = 0.08;

function traceId(random: Random): string {
  return random.chance(ZERO_ID_SHARE) ? random.hex(16).padStart(32, '0') : random.hex(32);
}

function spanId(random: Random): string {
  return random.chance(ZERO_ID_SHARE) ? random.hex(12).padStart(16, '0') : random.hex(16);
}

/**
 * None ends before it starts: such a span is 584 years long there, in whatever looks at durations, and its block's statistics of the column
 * are wrong, so that no duration is found by `=`.
 */
function lengthNs(random: Random): bigint {
  const how = random.next();
  if (how < 0.06) return 0n;
  if (how < 0.4)
    return BigInt(random.pick([1, 100, 1_000, 10_000_000, 50_000_000, 100_000_000, 1_000_000_000]));
  return BigInt(random.int(2_000_000_000));
}

function rootTime(random: Random): bigint {
  const second = BigInt(DATA_START_S + random.int(DATA_SECONDS)) * NS_PER_S;
  const how = random.next();
  // On the edges of steps and right beside them.
  if (how < 0.2) return second - (second % (60n * NS_PER_S));
  if (how < 0.3) return second + 1n;
  return second + BigInt(random.int(1_000_000_000));
}

function makeEvent(random: Random, startNs: bigint): Json {
  return {
    name: random.pick(EVENT_NAMES),
    timeUnixNano: String(startNs + BigInt(random.pick([0, 1000, 5_000_000, 1_000_000_000, random.int(1e9)]))),
    attributes: attributes(random, EVENT_FIELDS),
  };
}

function makeLink(random: Random, traceIds: readonly string[]): Json {
  const own = traceIds.length > 0 && random.chance(0.6) ? random.pick(traceIds) : traceId(random);
  const ref = random.chance(0.2) ? [{ key: 'opentracing.ref_type', value: { stringValue: 'child_of' } }] : [];
  return { traceId: own, spanId: spanId(random), attributes: [...attributes(random, LINK_FIELDS), ...ref] };
}

function some(random: Random, share: number, most: number, make: () => Json): Json[] {
  return random.chance(share) ? Array.from({ length: 1 + random.int(most) }, make) : [];
}

function makeSpan(random: Random, startNs: bigint, traceIds: readonly string[], most: number): Json {
  const status = random.pick([{}, {}, { code: 1 }, { code: 2, message: random.pick(MESSAGES) }]);
  return {
    name: random.chance(0.9) ? random.pick(NAMES) : word(random),
    kind: random.int(6),
    startTimeUnixNano: String(startNs),
    endTimeUnixNano: String(startNs + lengthNs(random)),
    attributes: attributes(random, SPAN_FIELDS),
    events: some(random, 0.25, most, () => makeEvent(random, startNs)),
    links: some(random, 0.12, most, () => makeLink(random, traceIds)),
    status,
  };
}

const SHARED_ID_SHARE = 0.12;
const KIND_SERVER = 2;
const KIND_CLIENT = 3;

/** The spans of a trace, and the server halves of some that share their ids. */
function makeTrace(random: Random, id: string, traceIds: readonly string[], most: number): Place[] {
  const parents = random.pick(SHAPES)(random);
  const ids = parents.map(() => spanId(random));
  const zipkin = random.chance(SHARED_ID_SHARE);
  const starts: bigint[] = [];
  const out: Place[] = [];
  const places = Array.from({ length: 3 }, () => ({
    resource: random.int(RESOURCES),
    scope: random.int(SCOPES),
  }));
  const root = rootTime(random);
  // Which of several roots names the trace follows from the order in which they came: they have one name and service.
  const rootName = random.pick(NAMES);
  parents.forEach((parent, i) => {
    const above = parent >= 0 ? starts[parent]! : root;
    starts[i] = random.chance(0.3) ? above : above + BigInt(random.int(800_000_000));
    const links = {
      traceId: id,
      spanId: ids[i]!,
      parentSpanId: parent >= 0 ? ids[parent]! : parent === -1 ? '' : spanId(random),
    };
    const place = () => (parent === -1 ? places[0]! : random.pick(places));
    const named = parent === -1 ? { name: rootName } : {};
    const span = { ...makeSpan(random, starts[i]!, traceIds, most), ...links, ...named };
    if (zipkin && random.chance(0.4)) {
      out.push({ ...place(), span: { ...span, kind: KIND_CLIENT } });
      const half = {
        ...makeSpan(random, starts[i]! + 1000n, traceIds, most),
        ...links,
        ...named,
        kind: KIND_SERVER,
      };
      out.push({ ...place(), span: half });
    } else out.push({ ...place(), span });
  });
  return out;
}

// ----------------------------------------------------------------------------------------------------- requests

function requestOf(places: readonly Place[], resources: readonly Resource[], scopes: readonly Scope[]): Json {
  const byResource = new Map<number, Map<number, Json[]>>();
  for (const { resource, scope, span } of places) {
    const byScope = byResource.get(resource) ?? new Map<number, Json[]>();
    byResource.set(resource, byScope);
    byScope.set(scope, [...(byScope.get(scope) ?? []), span]);
  }
  return {
    resourceSpans: [...byResource].map(([resource, byScope]) => ({
      resource: resources[resource],
      scopeSpans: [...byScope].map(([scope, spans]) => ({ scope: scopes[scope], spans })),
    })),
  };
}

/** Traces of odd seeds have one event and one link a span at most, those of even seeds several. */
export function makeTraces(
  seed: number,
  traceCount = TRACES,
  spansPerRequest = SPANS_PER_REQUEST,
): TraceData {
  const several = seed % 2 === 0;
  const random = new Random(seedOf(seed, -1));
  const resources = Array.from({ length: RESOURCES }, (_, n) => makeResource(random, n));
  const scopes = Array.from({ length: SCOPES }, (_, n) => makeScope(random, n));
  const traceIds: string[] = [];
  const places: Place[] = [];
  for (let n = 0; n < traceCount; n++) {
    const of = new Random(seedOf(seed, n));
    const id = traceId(of);
    places.push(...makeTrace(of, id, traceIds, several ? EVENTS_MAX : 1));
    traceIds.push(id);
  }
  const requests: Json[] = [];
  for (let i = 0; i < places.length; i += spansPerRequest) {
    requests.push(requestOf(places.slice(i, i + spansPerRequest), resources, scopes));
  }
  return { requests, traceIds, spanCount: places.length, several };
}

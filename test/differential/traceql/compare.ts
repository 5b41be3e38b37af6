/**
 * Whether two answers of Tempo's API say the same: status, traces with their spansets and spans, series with their samples, tags, whole
 * traces. What has no order there is compared as a set; what a limit cuts, where the original takes what it comes upon first, by count. Of a
 * refusal the status counts: its words are a parser's. What differs is told in lines that name both sides.
 */

import { decode } from '../../ingest/decode/otlp-arbitrary.ts';
import type { Request } from './requests.ts';

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, `{ base64 }` where it is protobuf, else the text. */
  readonly body: unknown;
}

export interface KeyValue {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

export interface FoundSpan {
  readonly spanID: string;
  readonly name?: string;
  readonly startTimeUnixNano?: string;
  readonly durationNanos?: string;
  readonly attributes?: readonly KeyValue[];
}

export interface Spanset {
  readonly spans: readonly FoundSpan[];
  readonly matched?: number;
  readonly attributes?: readonly KeyValue[];
}

export interface FoundTrace {
  readonly traceID?: string;
  readonly startTimeUnixNano?: string;
  readonly durationMs?: number;
  readonly spanSet?: Spanset;
  readonly spanSets?: readonly Spanset[];
}

export interface Series {
  readonly labels?: readonly KeyValue[];
  readonly samples?: readonly { readonly timestampMs?: string; readonly value?: number | string }[];
  readonly value?: number | string;
  readonly exemplars?: readonly unknown[];
}

/** With keys in order, so that equal objects have equal texts. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) =>
      v !== null && typeof v === 'object' && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    ) ?? 'nothing'
  );
}

const sorted = (list: readonly unknown[]) => list.map(canonical).sort();

/** Two sets: what one has and the other has not. */
function compareSets(what: string, want: readonly unknown[], got: readonly unknown[]): string[] {
  const [a, b] = [sorted(want), sorted(got)];
  if (a.join('\n') === b.join('\n')) return [];
  const missing = a.filter((text) => !b.includes(text));
  const more = b.filter((text) => !a.includes(text));
  const counts = a.length === b.length ? '' : ` (${a.length} wanted, ${b.length} given)`;
  return [`${what}${counts}: missing ${missing.slice(0, 4)} | too much ${more.slice(0, 4)}`];
}

function compareNamed<T>(
  want: readonly T[],
  got: readonly T[],
  name: (item: T) => string,
  inside: (a: T, b: T) => string[],
): string[] {
  const [a, b] = [want, got].map((list) => new Map(list.map((item) => [name(item), item])));
  const out: string[] = [];
  if (a!.size === want.length && b!.size !== got.length) out.push('something comes twice');
  for (const [key, item] of a!) {
    const other = b!.get(key);
    if (other === undefined) out.push(`missing ${key}: ${canonical(item).slice(0, 300)}`);
    else out.push(...inside(item, other));
  }
  for (const [key, item] of b!)
    if (!a!.has(key)) out.push(`too much ${key}: ${canonical(item).slice(0, 300)}`);
  return out;
}

// ------------------------------------------------------------------------------------------------------ searches

export function tracesOf({ body }: Answer): readonly FoundTrace[] {
  return (body as { traces?: readonly FoundTrace[] }).traces ?? [];
}

const idOf = ({ traceID = '' }: FoundTrace) => traceID.replace(/^0+(?=.)/, '');

function compareSpansets(where: string, a: Spanset, b: Spanset): string[] {
  if (a.matched !== b.matched) return [`${where}: want ${a.matched} matched, got ${b.matched}`];
  if (a.spans.length !== b.spans.length)
    return [`${where}: want ${a.spans.length} spans, got ${b.spans.length}`];
  // Which spans are shown where not all are is left to chance.
  if (a.spans.length < (a.matched ?? 0)) return [];
  const spans = ({ spans: list }: Spanset) =>
    list.map((s) => ({ ...s, attributes: sorted(s.attributes ?? []) }));
  return compareSets(where, spans(a), spans(b));
}

function compareTraces(a: FoundTrace, b: FoundTrace): string[] {
  const head = ({ spanSet: _, spanSets: __, traceID: ___, ...rest }: FoundTrace) => canonical(rest);
  const id = idOf(a);
  if (head(a) !== head(b)) return [`${id}: want ${head(a)}, got ${head(b)}`];
  // The first spanset of several is left to chance.
  if ((a.spanSet === undefined) !== (b.spanSet === undefined)) return [`${id}: spanSet`];
  const name = ({ attributes = [] }: Spanset) => sorted(attributes).join();
  const sets = (t: FoundTrace) => [...(t.spanSets ?? [])];
  const [x, y] = [sets(a), sets(b)];
  // Spansets with the same attributes are told apart by their spans.
  if (new Set(x.map(name)).size === x.length) {
    return compareNamed(x, y, name, (p, q) => compareSpansets(`${id} ${name(p)}`, p, q));
  }
  return compareSets(id, x, y);
}

function compareSearches(request: Request, want: Answer, got: Answer): string[] {
  const [a, b] = [tracesOf(want), tracesOf(got)];
  const limit = Number(request.params.limit ?? 20);
  const out: string[] = [];
  const starts = b.map((t) => BigInt(t.startTimeUnixNano ?? 0));
  if (starts.some((at, i) => i > 0 && at > starts[i - 1]!)) out.push('not the newest first');
  if (a.length !== b.length) out.push(`want ${a.length} traces, got ${b.length}`);
  if (a.length < limit) return [...out, ...compareNamed(a, b, idOf, compareTraces)];
  // Which are found first is left to chance.
  const both = new Map(a.map((t) => [idOf(t), t]));
  for (const trace of b) {
    const other = both.get(idOf(trace));
    if (other) out.push(...compareTraces(other, trace));
  }
  return out;
}

// ------------------------------------------------------------------------------------------------------- metrics

export function seriesOf({ body }: Answer): readonly Series[] {
  return (body as { series?: readonly Series[] }).series ?? [];
}

export const labelsOf = ({ labels = [] }: Series): string => sorted(labels).join();

/** Floats are added up in another order. */
const ERROR_MAX = 1e-9;

export function near(a: number, b: number): boolean {
  if (Object.is(a, b) || a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  return Math.abs(a - b) <= ERROR_MAX * Math.max(Math.abs(a), Math.abs(b));
}

function compareSeries(a: Series, b: Series): string[] {
  const where = labelsOf(a);
  const value = (x: number | string | undefined) => Number(x ?? 0);
  if (!near(value(a.value), value(b.value)))
    return [`${where}: want ${value(a.value)}, got ${value(b.value)}`];
  const [x, y] = [a, b].map(
    ({ samples = [] }) => new Map(samples.map((s) => [s.timestampMs, value(s.value)])),
  );
  const out: string[] = [];
  for (const [at, want] of x!) {
    const got = y!.get(at);
    if (got === undefined || !near(want, got)) out.push(`${where} ${at}: want ${want}, got ${got}`);
  }
  for (const [at, got] of y!) if (!x!.has(at)) out.push(`${where} ${at}: want nothing, got ${got}`);
  return out;
}

/** Which spans are exemplars is left to chance, and now and then none is. */
function compareMetrics(want: Answer, got: Answer): string[] {
  const [a, b] = [seriesOf(want), seriesOf(got)];
  const out = compareNamed(a, b, labelsOf, compareSeries);
  const some = (list: readonly Series[]) => list.some(({ exemplars = [] }) => exemplars.length > 0);
  if (some(a) && !some(b)) out.push('exemplars wanted');
  return out;
}

// -------------------------------------------------------------------------------------------------- whole traces

type Message = Readonly<Record<string, unknown>>;
const listOf = (of: Message | undefined, key: string) => (of?.[key] as Message[] | undefined) ?? [];

/** Without what is empty, lists of attributes as sets, ids as they are. */
function plain(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => plain(item));
    return /^(attributes|events|links)$/.test(key) ? sorted(items) : items;
  }
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([k, v]) => [k, plain(v, k)] as const);
  const full = entries.filter(([, v]) => canonical(v) !== '{}' && canonical(v) !== '[]');
  return Object.fromEntries(full);
}

/** Each span with its resource and scope. */
function spansOf(resourceSpans: readonly Message[]): unknown[] {
  const all = resourceSpans.flatMap((rs) =>
    listOf(rs, 'scopeSpans').flatMap((ss) =>
      listOf(ss, 'spans').map((span) => ({ span, scope: ss.scope ?? {}, resource: rs.resource ?? {} })),
    ),
  );
  const fresh = freshIds(all.map(({ span }) => span));
  const renamed = (id: unknown) => fresh.get(String(id)) ?? id;
  return all.map(({ span, ...rest }) => {
    const { spanId, parentSpanId, ...own } = span;
    return plain({ span: { ...own, spanId: renamed(spanId), parentSpanId: renamed(parentSpanId) }, ...rest });
  });
}

/** Ids that were given to server halves of shared ids, counted from 1 in the order in which they were met: by the client half's. */
function freshIds(spans: readonly Message[]): Map<string, string> {
  const out = new Map<string, string>();
  for (const { spanId, parentSpanId } of spans) {
    const bytes = Buffer.from(String(spanId), 'base64');
    if (bytes.length === 8 && bytes.readUInt32BE(0) === 0 && bytes.readUInt32BE(4) < 2 ** 16)
      out.set(String(spanId), `server half of ${parentSpanId}`);
  }
  return out;
}

/** Length-delimited field 1 of a message: the trace in an answer of v2. */
function firstField(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 10) return new Uint8Array(0);
  let [length, shift, at] = [0, 0, 1];
  for (;;) {
    const byte = bytes[at++]!;
    length += (byte & 127) * 2 ** shift;
    if (byte < 128) return bytes.subarray(at, at + length);
    shift += 7;
  }
}

function wholeTrace({ path }: Request, { body }: Answer): unknown[] {
  const v2 = path.includes('/v2/');
  const { base64, batches, trace } = body as { base64?: string; batches?: Message[]; trace?: Message };
  if (base64 === undefined) return spansOf(v2 ? listOf(trace, 'resourceSpans') : (batches ?? []));
  const bytes = Buffer.from(base64, 'base64');
  const decoded = decode('TracesData', v2 ? firstField(bytes) : bytes, false);
  return spansOf(listOf(decoded, 'resourceSpans'));
}

function compareWholeTraces(request: Request, want: Answer, got: Answer): string[] {
  const out = compareSets('spans', wholeTrace(request, want), wholeTrace(request, got));
  const rest = ({ body }: Answer) => {
    const { status, message } = body as { status?: string; message?: string };
    return canonical({ status, message });
  };
  if (rest(want) !== rest(got)) out.push(`want ${rest(want)}, got ${rest(got)}`);
  return out;
}

// ---------------------------------------------------------------------------------------------------------- all

/** What is not the same; nothing where the answers agree. */
export function compareAnswers(request: Request, want: Answer, got: Answer): string[] {
  const { path } = request;
  if (want.status !== got.status) {
    return [
      `want ${want.status} ${canonical(want.body).slice(0, 400)}`,
      `got  ${got.status} ${canonical(got.body).slice(0, 400)}`,
    ];
  }
  if (want.status !== 200) return [];
  const isProtobuf = ({ body }: Answer) => (body as { base64?: string }).base64 !== undefined;
  if (isProtobuf(want) !== isProtobuf(got)) return ['one is protobuf'];
  if (path.includes('traces/')) return compareWholeTraces(request, want, got);
  const [a, b] = [want.body, got.body] as Record<string, unknown[] | undefined>[];
  if (path === '/api/search') return compareSearches(request, want, got);
  if (path.includes('/metrics/')) return compareMetrics(want, got);
  if (path.endsWith('/values')) return compareSets('values', a!.tagValues ?? [], b!.tagValues ?? []);
  if (path.includes('/v2/')) {
    const scopes = (list: unknown) => (list as { name: string; tags?: string[] }[] | undefined) ?? [];
    const inside = (x: { name: string; tags?: string[] }, y: { tags?: string[] }) =>
      compareSets(x.name, x.tags ?? [], y.tags ?? []);
    return compareNamed(scopes(a!.scopes), scopes(b!.scopes), ({ name }) => name, inside);
  }
  return compareSets('names', a!.tagNames ?? [], b!.tagNames ?? []);
}

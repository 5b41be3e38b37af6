/**
 * The joins of questions across signals done by hand: over the public APIs, with everything that is stored, and with the
 * rules of docs/across.md written down anew, so that a fault in the one is not in the other.
 */

import { getJson, type LabelSet } from '../../support/http-api.ts';

export interface Line {
  readonly ns: bigint;
  readonly line: string;
  readonly stream: LabelSet;
  readonly metadata: LabelSet;
  /** What stages made of it. */
  readonly parsed: LabelSet;
}

export interface FoundTrace {
  readonly traceID: string;
  readonly startTimeUnixNano: string;
  readonly durationMs?: number;
  readonly serviceStats: Readonly<Record<string, unknown>>;
}

interface StreamsJson {
  readonly data: {
    readonly result: readonly {
      readonly stream: LabelSet;
      readonly values: readonly (readonly [
        string,
        string,
        { structuredMetadata?: LabelSet; parsed?: LabelSet }?,
      ])[];
    }[];
  };
}

/** Who asks. */
export function headersOf(tenant: string): Record<string, string> {
  return { 'X-Loki-Response-Encoding-Flags': 'categorize-labels', 'X-Scope-OrgID': tenant };
}

export interface Window {
  readonly base: string;
  readonly tenant: string;
  readonly startMs: number;
  readonly endMs: number;
}

export function linesOf({ data }: StreamsJson): Line[] {
  return data.result.flatMap(({ stream, values }) =>
    values.map(([ns, line, more]) => ({
      ns: BigInt(ns),
      line,
      stream,
      metadata: more?.structuredMetadata ?? {},
      parsed: more?.parsed ?? {},
    })),
  );
}

/** Newest first; equal times by their text, which the API leaves open. */
export function inOrder(lines: readonly Line[]): Line[] {
  const text = (line: Line) => JSON.stringify([line.line, line.stream, line.metadata, line.parsed]);
  return [...lines].sort((a, b) => (a.ns === b.ns ? (text(a) < text(b) ? -1 : 1) : a.ns > b.ns ? -1 : 1));
}

/** In `[startMs, endMs)`. */
export async function allLines({ base, tenant, startMs, endMs }: Window, query: string): Promise<Line[]> {
  const params = { query, start: `${startMs}000000`, end: `${endMs}000000`, limit: '5000' };
  return linesOf(await getJson<StreamsJson>(base, '/loki/api/v1/query_range', params, headersOf(tenant)));
}

export async function searched({ base, tenant, startMs, endMs }: Window, q: string): Promise<FoundTrace[]> {
  const seconds = { start: String(Math.floor(startMs / 1000)), end: String(Math.ceil(endMs / 1000)) };
  const params = { q, ...seconds, limit: '1000', spss: '1' };
  return (await getJson<{ traces: FoundTrace[] }>(base, '/api/search', params, headersOf(tenant))).traces;
}

const TRACE_NAME = /^trace[_.-]?id$/i;

/** The id in 32 small digits; undefined for what is none. */
export function whole(written: string): string | undefined {
  const isUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(written);
  const digits = isUuid ? written.replaceAll('-', '') : written;
  if (!/^[0-9a-f]{1,32}$/i.test(digits) || /^0+$/.test(digits)) return undefined;
  return digits.toLowerCase().padStart(32, '0');
}

/** As they are written. */
function runsOf(line: string): string[] {
  const runs: string[] = [];
  for (const match of line.matchAll(/[0-9a-f]+/gi)) {
    const [run] = match;
    const isSpan = /span_?id["]?\s*[:=]\s*["]?$/i.test(line.slice(0, match.index));
    if (run.length === 32 || (run.length === 16 && /[a-f]/i.test(run) && !isSpan)) runs.push(run);
  }
  return runs;
}

/** Ids that an entry names, as they are written; `named` are those that only a reader of lines finds. */
export function idsOf({ line, stream, metadata }: Line): { plain: string[]; named: string[] } {
  const plain = runsOf(line);
  const named: string[] = [];
  for (const [name, value] of Object.entries(stream)) if (TRACE_NAME.test(name)) plain.push(value);
  for (const [name, value] of Object.entries(metadata)) {
    if (TRACE_NAME.test(name)) plain.push(value);
    else if (/^[0-9a-f]{32}$/i.test(value)) plain.push(value);
    else if (/^(?=.*[a-f])[0-9a-f]{16}$/i.test(value) && !/span_?id$/i.test(name)) plain.push(value);
  }
  if (runsOf(line).length === 0) {
    const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
    const key = new RegExp(`trace[_.-]?id"?\\s*[:=]\\s*"?(${uuid}|[0-9a-f]{8,32})(?![0-9a-z-])`, 'gi');
    for (const match of line.matchAll(key)) named.push(match[1]!);
  }
  return { plain, named };
}

/** Whether the entry names one of the traces, for who asks plainly or deeply. */
export function namesOneOf(line: Line, ids: ReadonlySet<string>, deep: boolean): boolean {
  const { plain, named } = idsOf(line);
  if (deep) return [...plain, ...named].some((written) => ids.has(whole(written) ?? ''));
  return plain.some((written) => {
    const isWhole = written.length === 32 || (written.length === 16 && /[a-f]/i.test(written));
    const isOneCase = written === written.toLowerCase() || written === written.toUpperCase();
    return isWhole && isOneCase && ids.has(whole(written) ?? '');
  });
}

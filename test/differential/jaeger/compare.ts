/**
 * Whether two answers of Jaeger's query API say the same: status and body, to the value. Put in an order before they are
 * compared is what Jaeger takes from its maps or from the order of arrival: names, the spans of a trace, which process is
 * called `p1`, attributes of resources.
 */

import { canonical } from '../logql/compare.ts';
import type { Request } from './requests.ts';

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

// biome-ignore lint/suspicious/noExplicitAny: two servers' answers are looked into freely
type Any = any;

/** Lines that say what differs; none where nothing does. */
export function compareAnswers({ path }: Request, want: Answer, got: Answer): string[] {
  const lines: string[] = [];
  if (want.status !== got.status) lines.push(`status ${want.status}, ours ${got.status}`);
  const [a, b] = [normalized(path, want.body), normalized(path, got.body)];
  differences('', a, b, lines);
  return lines;
}

export function normalized(path: string, body: Any): Any {
  if (typeof body !== 'object' || body === null) return body;
  if (body.error) return { error: { ...body.error, message: withoutParserWords(body.error.message) } };
  if (body.result?.resourceSpans) return { spans: flatSpans(body.result.resourceSpans) };
  if (body.summaries) return body;
  if (body.services) return { services: [...body.services].sort() };
  if (body.operations) return { operations: [...body.operations].sort(byText) };
  const errors =
    body.errors?.map((e: Any) => ({ ...e, msg: withoutParserWords(e.msg) })).sort(byText) ?? null;
  if (!Array.isArray(body.data)) return { ...body, errors };
  if (path === '/api/dependencies')
    return { ...body, data: body.data.filter(isBetweenServices).sort(byText) };
  const data = body.data.map((item: Any) => (item.spans ? flatTrace(item) : item));
  // Traces of a search stand in order.
  const ordered = path === '/api/traces' && errors === null && data.length > 0;
  return { ...body, data: ordered ? data : data.sort(byText), errors };
}

/** Jaeger's storage in memory counts calls within a service, its jobs over other storages do not. */
function isBetweenServices({ parent, child }: Any): boolean {
  return parent !== child;
}

/** What the parsers of JSON and of times say of text that is neither is their own. */
function withoutParserWords(message: string): string {
  return message
    .replace(/(cannot unmarshal (?:JSON|OTLP )|parameter query\.attributes): (?!json:).*/s, '$1')
    .replace(/(parsing time) .*/s, '$1');
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [canonical(a), canonical(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function sorted(list: Any): Any {
  return [...(list ?? [])].sort(byText);
}

/** Which of the spans with one id is the first of them depends on their order, and so do all warnings of the trace. */
function withoutWarnings(spans: Any[], ids: (span: Any) => string, without: (span: Any) => Any): Any[] {
  const counts = new Map<string, number>();
  for (const span of spans) counts.set(ids(span), (counts.get(ids(span)) ?? 0) + 1);
  const repeated = [...counts].filter(([, count]) => count > 1).map(([id]) => id.split(' ')[0]);
  return spans.map((span) => (repeated.includes(ids(span).split(' ')[0]) ? without(span) : span));
}

const WARNINGS = '@jaeger@warnings';

function withoutKey(attributes: Any[]): Any[] {
  return attributes.filter(({ key }) => key !== WARNINGS);
}

function flatTrace({ spans, processes, ...rest }: Any): Any {
  const flat = spans.map(({ processID, flags: _, ...span }: Any) => {
    const { tags, ...process } = processes[processID];
    const logs = span.logs.map((log: Any) => ({ ...log, fields: sorted(log.fields) }));
    return { ...span, tags: sorted(span.tags), logs, process: { ...process, tags: sorted(tags) } };
  });
  const compared = withoutWarnings(
    flat,
    ({ traceID, spanID }) => `${traceID} ${spanID}`,
    (span) => ({ ...span, tags: withoutKey(span.tags), warnings: null }),
  );
  return { ...rest, processes: Object.keys(processes).length, spans: inOrder(compared) };
}

function inOrder(spans: Any[]): Any[] {
  const key = (s: Any) =>
    [s.traceID ?? s.traceId, s.spanID ?? s.spanId, s.startTime ?? s.startTimeUnixNano].join(' ');
  return spans.sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : byText(a, b)));
}

function flatSpans(resourceSpans: Any[]): Any[] {
  const own = (item: Any) => ({ ...item, attributes: sorted(item.attributes) });
  const flat = resourceSpans.flatMap(({ resource, scopeSpans, ...rest }) =>
    scopeSpans.flatMap(({ scope, spans, ...more }: Any) =>
      spans.map((span: Any) => ({
        ...own(span),
        events: span.events?.map(own),
        scope: own(scope),
        resource: own(resource),
        ...rest,
        ...more,
      })),
    ),
  );
  const compared = withoutWarnings(
    flat,
    ({ traceId, spanId }) => `${traceId} ${spanId}`,
    (span) => ({ ...span, attributes: withoutKey(span.attributes) }),
  );
  return inOrder(compared);
}

function differences(at: string, want: Any, got: Any, lines: string[]): void {
  if (canonical(want) === canonical(got)) return;
  const nested = (value: Any) => typeof value === 'object' && value !== null;
  if (!nested(want) || !nested(got) || Array.isArray(want) !== Array.isArray(got)) {
    lines.push(`${at}: ${canonical(want).slice(0, 400)}, ours ${canonical(got).slice(0, 400)}`);
    return;
  }
  if (Array.isArray(want) && want.length !== got.length)
    lines.push(`${at}: ${want.length} elements, ours ${got.length}`);
  for (const key of new Set([...Object.keys(want), ...Object.keys(got)])) {
    differences(`${at}.${key}`, want[key], got[key], lines);
  }
}

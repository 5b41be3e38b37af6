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
  if (body.result?.resourceSpans) return { spans: body.result.resourceSpans.flatMap(flatSpans).sort(byText) };
  if (body.summaries) return body;
  const errors =
    body.errors?.map((e: Any) => ({ ...e, msg: withoutParserWords(e.msg) })).sort(byText) ?? null;
  if (!Array.isArray(body.data)) {
    if (body.services) return { services: [...body.services].sort() };
    return body.operations ? { operations: [...body.operations].sort(byText) } : { ...body, errors };
  }
  const data = body.data.map((item: Any) => (item.spans ? flatTrace(item) : item));
  // Traces of a search stand in order.
  const ordered = path === '/api/traces' && errors === null && data.length > 0;
  return { ...body, data: ordered ? data : data.sort(byText), errors };
}

/** What the parsers of JSON and of times say of text that is neither is their own. */
function withoutParserWords(message: string): string {
  return message
    .replace(/(cannot unmarshal JSON|parameter query\.attributes): (?!json:|unexpected end).*/s, '$1')
    .replace(/(parsing time) .*/s, '$1');
}

function byText(a: unknown, b: unknown): number {
  const [x, y] = [canonical(a), canonical(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function flatTrace({ spans, processes, ...rest }: Any): Any {
  const flat = spans.map(({ processID, flags: _, ...span }: Any) => {
    const { tags, ...process } = processes[processID];
    return { ...span, process: { ...process, tags: [...tags].sort(byText) } };
  });
  return { ...rest, processes: Object.keys(processes).length, spans: flat.sort(byText) };
}

function flatSpans({ resource, scopeSpans, ...rest }: Any): Any[] {
  const owner = { ...resource, attributes: [...(resource.attributes ?? [])].sort(byText) };
  return scopeSpans.flatMap(({ scope, spans, ...more }: Any) =>
    spans.map((span: Any) => ({ ...span, scope, resource: owner, ...rest, ...more })),
  );
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

/**
 * Requests that once were answered otherwise than by a real Tempo and some others, the traces that they are about and Tempo's answers
 * (`kept.jsonl`, a request of traces or a case a line): a plain test holds on to them without one (`kept.test.ts`).
 * `traceql-run.ts --record` writes them.
 */

import fs from 'node:fs';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import type { TraceData } from './traces.ts';

const FILE = new URL('./kept.jsonl', import.meta.url);

export interface KeptCase {
  readonly request: Request;
  readonly answer: Answer;
}

export interface Kept {
  readonly requests: TraceData['requests'];
  readonly cases: readonly KeptCase[];
}

export function readKept(): Kept {
  const requests: Kept['requests'][number][] = [];
  const cases: KeptCase[] = [];
  for (const line of fs.readFileSync(FILE, 'utf8').split('\n').filter(Boolean)) {
    const item = JSON.parse(line) as { readonly resourceSpans: unknown } | KeptCase;
    if ('request' in item) cases.push(item);
    else requests.push(item as Kept['requests'][number]);
  }
  return { requests, cases };
}

export function writeKept({ requests, cases }: Kept): void {
  fs.writeFileSync(FILE, `${[...requests, ...cases].map((item) => JSON.stringify(item)).join('\n')}\n`);
}

/** Ids of the traces, as hexadecimal text. */
export function traceIdsOf({ requests }: Pick<Kept, 'requests'>): string[] {
  const ids = JSON.stringify(requests).matchAll(
    /"traceId":"([0-9a-f]{32})","spanId":"[0-9a-f]{16}","parentSpanId"/g,
  );
  return [...new Set(Array.from(ids, ([, id]) => id!))];
}

/** An answer without what no two runs have in common. */
export function withoutStats({ status, body }: Answer): Answer {
  if (status !== 200) return { status, body: '' };
  const {
    metrics: _,
    series,
    ...rest
  } = body as { metrics?: unknown; series?: readonly { exemplars?: unknown }[] };
  if (series === undefined) return { status, body: rest };
  return { status, body: { ...rest, series: series.map(({ exemplars: __, ...one }) => one) } };
}

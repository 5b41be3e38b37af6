/**
 * Requests that once were answered otherwise than by a real Loki, the lines that they are about and Loki's answers
 * (`kept.jsonl`, a stream or a case a line): a plain test holds on to them without one (`kept.test.ts`). `logql-run.ts --record` writes them.
 */

import fs from 'node:fs';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import type { LogStream } from './streams.ts';

const FILE = new URL('./kept.jsonl', import.meta.url);

export interface KeptCase {
  readonly request: Request;
  readonly answer: Answer;
}

export interface Kept {
  readonly streams: readonly LogStream[];
  readonly cases: readonly KeptCase[];
}

type StoredEntry = readonly [ns: string, line: string, metadata?: Readonly<Record<string, string>>];

interface StoredStream {
  readonly stream: LogStream['labels'];
  readonly entries: readonly StoredEntry[];
}

export function readKept(): Kept {
  const streams: LogStream[] = [];
  const cases: KeptCase[] = [];
  for (const line of fs.readFileSync(FILE, 'utf8').split('\n').filter(Boolean)) {
    const item = JSON.parse(line) as StoredStream | KeptCase;
    if ('request' in item) cases.push(item);
    else {
      const entries = item.entries.map(([ns, text, metadata = {}]) => ({
        ns: BigInt(ns),
        line: text,
        metadata,
      }));
      streams.push({ labels: item.stream, entries });
    }
  }
  return { streams, cases };
}

export function writeKept({ streams, cases }: Kept): void {
  const stored = streams.map(
    ({ labels, entries }): StoredStream => ({
      stream: labels,
      entries: entries.map(
        ({ ns, line, metadata }): StoredEntry =>
          Object.keys(metadata).length === 0 ? [String(ns), line] : [String(ns), line, metadata],
      ),
    }),
  );
  fs.writeFileSync(FILE, `${[...stored, ...cases].map((item) => JSON.stringify(item)).join('\n')}\n`);
}

/** An answer without what no two runs have in common. */
export function withoutStats({ status, body }: Answer): Answer {
  const { data, ...rest } = body as { data?: { stats?: unknown } };
  if (data?.stats === undefined) return { status, body };
  const { stats: _, ...kept } = data;
  return { status, body: { data: kept, ...rest } };
}

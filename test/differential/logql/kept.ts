/**
 * Requests that once were answered otherwise than by a real Loki, the lines that they are about and Loki's answers
 * (`kept.json`): a plain test holds on to them without one (`kept.test.ts`). `logql-run.ts --record` writes them.
 */

import fs from 'node:fs';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import type { LogStream } from './streams.ts';

const FILE = new URL('./kept.json', import.meta.url);

export interface KeptCase {
  readonly request: Request;
  readonly answer: Answer;
}

export interface Kept {
  readonly streams: readonly LogStream[];
  readonly cases: readonly KeptCase[];
}

type StoredEntry = readonly [ns: string, line: string, metadata?: Readonly<Record<string, string>>];

interface Stored {
  readonly streams: readonly {
    readonly labels: LogStream['labels'];
    readonly entries: readonly StoredEntry[];
  }[];
  readonly cases: readonly KeptCase[];
}

export function readKept(): Kept {
  const { streams, cases } = JSON.parse(fs.readFileSync(FILE, 'utf8')) as Stored;
  return {
    streams: streams.map(({ labels, entries }) => ({
      labels,
      entries: entries.map(([ns, line, metadata = {}]) => ({ ns: BigInt(ns), line, metadata })),
    })),
    cases,
  };
}

/** A stream and a case a line. */
export function writeKept({ streams, cases }: Kept): void {
  const stored = streams.map(({ labels, entries }) => ({
    labels,
    entries: entries.map(({ ns, line, metadata }) =>
      Object.keys(metadata).length === 0 ? [String(ns), line] : [String(ns), line, metadata],
    ),
  }));
  const lines = (list: readonly unknown[]) => list.map((item) => JSON.stringify(item)).join(',\n');
  fs.writeFileSync(FILE, `{"streams":[\n${lines(stored)}\n],"cases":[\n${lines(cases)}\n]}\n`);
}

/** An answer without what no two runs have in common. */
export function withoutStats({ status, body }: Answer): Answer {
  const { data, ...rest } = body as { data?: { stats?: unknown } };
  if (data?.stats === undefined) return { status, body };
  const { stats: _, ...kept } = data;
  return { status, body: { data: kept, ...rest } };
}

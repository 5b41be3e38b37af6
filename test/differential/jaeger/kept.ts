/**
 * Traces and requests with the answers of a real Jaeger (`kept.jsonl`, an export or a case a line): a plain test holds on to them
 * without one (`kept.test.ts`). `jaeger-run.ts --record` writes them.
 */

import fs from 'node:fs';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import type { OtlpRequest } from './traces.ts';

const FILE = new URL('./kept.jsonl', import.meta.url);

export interface KeptCase {
  readonly request: Request;
  readonly answer: Answer;
}

export interface Kept {
  readonly exports: readonly OtlpRequest[];
  readonly cases: readonly KeptCase[];
}

export function readKept(): Kept {
  const exports: OtlpRequest[] = [];
  const cases: KeptCase[] = [];
  for (const line of fs.readFileSync(FILE, 'utf8').split('\n').filter(Boolean)) {
    const item = JSON.parse(line) as OtlpRequest | KeptCase;
    if ('request' in item) cases.push(item);
    else exports.push(item);
  }
  return { exports, cases };
}

export function writeKept({ exports, cases }: Kept): void {
  fs.writeFileSync(FILE, `${[...exports, ...cases].map((item) => JSON.stringify(item)).join('\n')}\n`);
}

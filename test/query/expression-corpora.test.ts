/**
 * Expressions of other people, run against a server: what dashboards ask (`dashboards/`) and what guides show, some
 * of it malformed (`parse/seed-exprs.jsonl`). Both stand beside the project. A good one must run, instantly and
 * over a range, and answer its type; a bad one must be refused, in the words of the real system where they are known.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { apiUrl } from '../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../support/temporary-server.ts';

interface Expression {
  readonly lang: 'promql' | 'logql' | 'traceql';
  readonly expr: string;
  /** What an instant query answers; of TraceQL the endpoint that takes it. */
  readonly resultType?: string;
  readonly wellFormed?: boolean;
  readonly status?: number;
  /** The real system's whole answer. */
  readonly error?: string;
}

const corpus = fileURLToPath(new URL('../../../shared/', import.meta.url));
const skip = existsSync(`${corpus}dashboards`) ? false : `no corpus of expressions at ${corpus}`;
const END_SECONDS = 1_767_225_600;
const START_SECONDS = END_SECONDS - 3600;
const STEP_SECONDS = 60;

function read(file: string): Expression[] {
  const lines = readFileSync(corpus + file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Expression);
}

/** The requests that a dashboard would make for the expression. */
function urlsOf(base: string, { lang, expr, resultType }: Expression): string[] {
  const range = { start: START_SECONDS, end: END_SECONDS, step: STEP_SECONDS };
  switch (lang) {
    case 'promql':
      return [
        apiUrl(base, '/api/v1/query', { query: expr, time: END_SECONDS }),
        apiUrl(base, '/api/v1/query_range', { query: expr, ...range }),
      ];
    case 'logql':
      return [
        // Log queries are no instant queries; of what guides show nobody says which kind it is.
        ...(resultType === 'matrix'
          ? [apiUrl(base, '/loki/api/v1/query', { query: expr, time: END_SECONDS })]
          : []),
        apiUrl(base, '/loki/api/v1/query_range', { query: expr, ...range }),
      ];
    case 'traceql':
      return [
        resultType === 'metrics'
          ? apiUrl(base, '/api/metrics/query_range', { q: expr, ...range })
          : apiUrl(base, '/api/search', { q: expr, start: START_SECONDS, end: END_SECONDS }),
      ];
  }
}

describe('expressions of other people', { skip }, () => {
  let temporary: TemporaryServer;
  before(async () => {
    temporary = await temporaryServer();
  });
  after(() => temporary.dispose());

  async function problemsOf(
    expressions: readonly Expression[],
    judge: (expression: Expression, url: string, status: number, body: string) => string | undefined,
  ): Promise<string[]> {
    const problems: string[] = [];
    for (const expression of expressions) {
      for (const url of urlsOf(temporary.server.base, expression)) {
        const answer = await fetch(url);
        const body = await answer.text();
        const problem = judge(expression, url, answer.status, body);
        if (problem) problems.push(`${expression.lang} ${expression.expr}\n  ${problem}`);
      }
    }
    return problems;
  }

  function accepted({ lang, resultType }: Expression, url: string, status: number, body: string) {
    const { pathname } = new URL(url);
    const overRange = pathname.endsWith('query_range');
    if (overRange && status === 400 && body.includes('invalid expression type \\"range vector\\"'))
      return undefined;
    if (status !== 200) return `${pathname}: ${status} ${body}`;
    if (lang === 'traceql') return Array.isArray(Object.values(JSON.parse(body))[0]) ? undefined : body;
    const got = (JSON.parse(body) as { data: { resultType: string } }).data.resultType;
    if (overRange) {
      const want = lang === 'logql' && resultType === 'streams' ? 'streams' : 'matrix';
      return resultType === undefined || got === want ? undefined : `answered a ${got}`;
    }
    return lang === 'logql' || resultType === undefined || got === resultType
      ? undefined
      : `answered a ${got}, not a ${resultType}`;
  }

  function refused({ lang, error }: Expression, _url: string, status: number, body: string) {
    if (status !== 400) return `${status} ${body}`;
    if (error === undefined) return undefined;
    if (lang === 'promql')
      return difference(JSON.stringify(JSON.parse(body)), JSON.stringify(JSON.parse(error)));
    // Loki forgets the line of a token that it reads character by character.
    return difference(body.trim(), error.replace('at line 0,', 'at line 1,'));
  }

  for (const file of ['dashboards/dashboard-exprs.open.jsonl', 'parse/seed-exprs.jsonl']) {
    test(`${file}: good ones run`, async () => {
      const good = read(file).filter((e) => e.wellFormed !== false && (e.status ?? 200) === 200);
      assert.ok(good.length > 0);
      assert.deepEqual(await problemsOf(good, accepted), []);
    });
  }

  for (const file of ['dashboards/dashboard-exprs.invalid.jsonl', 'parse/seed-exprs.jsonl']) {
    test(`${file}: bad ones are refused`, async () => {
      const bad = read(file).filter((e) => e.wellFormed === false || (e.status ?? 200) !== 200);
      assert.ok(bad.length > 0);
      assert.deepEqual(await problemsOf(bad, refused), []);
    });
  }
});

function difference(got: string, want: string): string | undefined {
  return got === want ? undefined : `${got}\n  instead of ${want}`;
}

/** Queries that must parse and queries that must not, recorded from the real system. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TriliteError } from '../../../../src/model/errors.ts';
import { parseQuery, validateGrammar } from '../../../../src/query/lang/traceql/parser.ts';
import { printQuery } from '../../../../src/query/lang/traceql/printer.ts';

const SHARED = new URL('../../../../../shared/', import.meta.url);
const VERDICTS = new URL('parse/traceql-parse.open.jsonl', SHARED);
const DASHBOARDS = new URL('dashboards/dashboard-exprs.open.jsonl', SHARED);

function lines<T>(url: URL): T[] {
  return readFileSync(url, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as T);
}

/** Undefined where the query is accepted; the message otherwise. */
function refusal(query: string): string | undefined {
  try {
    parseQuery(query);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof TriliteError, `${query}: ${error}`);
    assert.match(error.message, /^parse error at line \d+, col \d+: /);
    return error.message;
  }
}

test('recorded verdicts', { skip: !existsSync(VERDICTS) && 'no ../shared' }, () => {
  const wrong: string[] = [];
  for (const { query, valid, endpoint } of lines<{ query: string; valid?: boolean; endpoint: string }>(
    VERDICTS,
  )) {
    if (valid === undefined) continue;
    const message = refusal(query);
    const accepted = message === undefined && (endpoint === 'search' || parseQuery(query).kind === 'metrics');
    if (accepted !== valid) wrong.push(`${valid ? 'refused' : 'accepted'}: ${query} ${message ?? ''}`);
  }
  assert.deepEqual(wrong, []);
});

test('queries of dashboards', { skip: !existsSync(DASHBOARDS) && 'no ../shared' }, () => {
  const wrong: string[] = [];
  let count = 0;
  for (const { lang, expr } of lines<{ lang: string; expr: string }>(DASHBOARDS)) {
    if (lang !== 'traceql') continue;
    count++;
    const message = refusal(expr);
    if (message !== undefined) wrong.push(`${expr} ${message}`);
    else assert.equal(printQuery(parseQuery(printQuery(parseQuery(expr)))), printQuery(parseQuery(expr)));
  }
  assert.ok(count > 50);
  assert.deepEqual(wrong, []);
});

test('the grammar has no ambiguities', () => {
  assert.doesNotThrow(validateGrammar);
});

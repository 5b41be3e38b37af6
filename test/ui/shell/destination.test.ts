/** Where the box leads that takes whatever was copied. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { destinationOf } from '../../../src/ui/shell/destination.ts';

const LED: readonly (readonly [text: string, path: string])[] = [
  ['0af7651916cd43dd8448eb211c80319c', '/trace/0af7651916cd43dd8448eb211c80319c'],
  ['up', '/graph'],
  ['sum by (job) (rate(http_requests_total{code=~"5.."}[5m]))', '/graph'],
  ['histogram_quantile(0.9, rate(x_bucket[5m]))', '/graph'],
  ['1 + 1', '/graph'],
  ['{app="shop"}', '/logs'],
  ['{app="shop"} |= "declined" | json | ms > 50', '/logs'],
  ['sum by (level) (count_over_time({app="shop"}[5m]))', '/logs'],
  ['rate({app="shop"} |= "x" [5m])', '/logs'],
  ['{ resource.service.name = "shop" && status = error }', '/search'],
  ['{}', '/search'],
  ['{ duration > 1s }', '/search'],
  ['{ .http.status_code = 500 }', '/search'],
  ['{ span.db.system = "x" } >> { status = error }', '/search'],
  ['card declined for order', '/logs'],
  ['{"msg":"x","trace_id":"0af7651916cd43dd8448eb211c80319c"}', '/trace/0af7651916cd43dd8448eb211c80319c'],
  ['{"http.requests", code="500"}', '/graph'],
];

for (const [text, view] of LED) {
  test(`${text} leads to ${view}`, () => assert.equal(destinationOf(text)?.path, view));
}

test('nothing leads nowhere, words become a filter of lines', () => {
  assert.equal(destinationOf('  '), undefined);
  assert.equal(destinationOf('say "hi"')?.params.q, '{service_name=~".+"} |= "say \\"hi\\""');
});

const CORPUS = path.join(import.meta.dirname, '../../../../shared/dashboards/dashboard-exprs.open.jsonl');

function corpus(): string | undefined {
  try {
    return readFileSync(CORPUS, 'utf8');
  } catch {
    return undefined;
  }
}

test('queries of real dashboards lead to the view of their language', (t) => {
  const text = corpus();
  if (text === undefined) {
    t.skip('../shared/dashboards is not there');
    return;
  }
  const VIEW_OF: Readonly<Record<string, string>> = { promql: '/graph', logql: '/logs', traceql: '/search' };
  const cases = text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { lang: string; expr: string });
  const wrong = cases
    .map((one) => ({ view: VIEW_OF[one.lang], text: one.expr }))
    .filter(({ view, text: expr }) => view !== undefined && destinationOf(expr)?.path !== view);
  // `{job="x"}` alone may be of either, and is taken for logs.
  assert.ok(cases.length > 100);
  assert.ok(
    wrong.length <= cases.length / 100,
    wrong.map(({ view, text: expr }) => `${view}: ${expr}`).join('\n'),
  );
});

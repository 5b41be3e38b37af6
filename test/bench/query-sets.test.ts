/** The query sets: every query is one that its language's parser takes, and asks for the run's data alone. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUERIES_LOGQL } from '../../src/bench/logql-queries.ts';
import { QUERIES_PROMQL } from '../../src/bench/promql-queries.ts';
import { QUERIES_TRACEQL } from '../../src/bench/traceql-queries.ts';
import { parseLogql } from '../../src/query/lang/logql/parser.ts';
import { parsePromql } from '../../src/query/lang/promql/parser.ts';
import { parseQuery } from '../../src/query/lang/traceql/parser.ts';
import { allRequests, loadOptions } from './load-options.ts';

const LANGUAGES = [
  [QUERIES_PROMQL, 'query', parsePromql],
  [QUERIES_LOGQL, 'query', parseLogql],
  [QUERIES_TRACEQL, 'q', parseQuery],
] as const;

for (const [workload, parameter, parse] of LANGUAGES) {
  test(`${workload.name}: every query parses and names the run`, () => {
    const requests = allRequests(workload, loadOptions({ repeat: 1 }));
    assert.equal(requests.length, workload.roundItems!(loadOptions()));
    let queries = 0;
    for (const { path, label } of requests) {
      const query = new URL(path, 'http://x').searchParams.get(parameter);
      if (query === null) continue;
      queries++;
      parse(query);
      assert.match(query, /bench_run ?= ?"test"/, label);
    }
    assert.ok(queries >= 10);
  });

  test(`${workload.name}: each query is asked as often as it is told`, () => {
    const labels = allRequests(workload, loadOptions({ repeat: 3 })).map(({ label }) => label);
    assert.equal(labels.filter((label) => label === labels[0]).length, 3);
  });
}

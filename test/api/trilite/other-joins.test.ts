/** Lines of the services of traces, traces of exemplars, what limits cut and say, refusals. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiUrl, getJson, postBody } from '../../support/http-api.ts';
import { SLOW, sendJoinedSignals } from '../../support/joined-signals.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const JSON_BODY = { 'content-type': 'application/json' };

interface Answer {
  readonly data: { readonly result: readonly { readonly values: readonly (readonly string[])[] }[] };
  readonly traces: readonly { readonly traceID: string }[];
  readonly across: Readonly<Record<string, unknown>>;
}

let temporary: TemporaryServer;
let base: string;
before(async () => {
  temporary = await temporaryServer();
  ({ base } = temporary.server);
  const nowMs = Date.now();
  await sendJoinedSignals(base, nowMs);
  const streams = [
    { stream: { app: 'other' }, values: [[`${nowMs - 299_000}000000`, 'of another service']] },
  ];
  await postBody(`${base}/loki/api/v1/push`, JSON_BODY, JSON.stringify({ streams }));
  const timeUnixNano = `${nowMs - 200_000}000000`;
  const exemplars = [
    { timeUnixNano, asDouble: 3, traceId: SLOW, spanId: '00000000000000a1' },
    { timeUnixNano, asDouble: 4, filteredAttributes: [{ key: 'who', value: { stringValue: 'nobody' } }] },
  ];
  const sum = {
    aggregationTemporality: 2,
    isMonotonic: true,
    dataPoints: [{ timeUnixNano, asDouble: 1, exemplars }],
  };
  const resourceMetrics = [{ scopeMetrics: [{ metrics: [{ name: 'payments', sum }] }] }];
  await postBody(`${base}/v1/metrics`, JSON_BODY, JSON.stringify({ resourceMetrics }));
});
after(() => temporary.dispose());

const ask = (what: string, params: Readonly<Record<string, string>>) =>
  getJson<Answer>(base, `/api/v1/trilite/${what}`, params);
const count = ({ data }: Answer) => data.result.reduce((n, { values }) => n + values.length, 0);

describe('questions across signals', () => {
  test('lines of the services of traces, whatever they name', async () => {
    const answer = await ask('logs', { traceql: '{ duration > 2s }', by: 'service' });
    assert.deepEqual([count(answer), answer.across.services], [4, ['checkout']]);
    const counted = await ask('logs', {
      traceql: '{ duration > 2s }',
      by: 'service',
      logql: 'sum(count_over_time({service_name=~".+"} [1h]))',
      step: '15m',
    });
    assert.ok(count(counted) > 0);
  });

  test('traces of exemplars', async () => {
    const { traces, across } = await ask('traces', { promql: 'rate(payments_total[5m])' });
    assert.deepEqual(
      traces.map(({ traceID }) => traceID),
      [SLOW],
    );
    assert.deepEqual([across.exemplars, across.exemplarsWithoutId, across.ids], [2, 1, 1]);
    const none = await ask('traces', { promql: 'payments_total', traceql: '{ duration > 1h }' });
    assert.deepEqual([none.traces, none.across.matched], [[], 0]);
  });

  test('what a limit cuts is told', async () => {
    const newest = await ask('logs', { traceql: '{}', traces: '1', limit: '1' });
    assert.deepEqual(
      [newest.across.traces, newest.across.tracesTruncated, count(newest), newest.across.linesTruncated],
      [1, true, 1, true],
    );
    const all = await ask('logs', { traceql: '{}' });
    assert.deepEqual([all.across.tracesTruncated, all.across.linesTruncated], [false, false]);
    const first = await ask('traces', { logql: '{}', limit: '1' });
    const { matched, tracesTruncated, idsTruncated } = first.across;
    assert.deepEqual([first.traces.length, matched, tracesTruncated, idsTruncated], [1, 2, true, false]);
  });

  test('refusals say what is wrong, in the words of the signal', async () => {
    const refusals = [
      ['logs', {}, /"traceql" is expected/],
      ['logs', { traceql: '{ what' }, /invalid TraceQL query/],
      ['logs', { traceql: '{}', logql: '{app="x"' }, /parse error/],
      ['logs', { traceql: '{}', by: 'moon' }, /none of trace, service/],
      ['logs', { traceql: '{}', traces: '5001' }, /from 1 to 5000/],
      ['logs', { traceql: '{}', deep: 'perhaps' }, /neither true nor false/],
      ['logs', { traceql: '{}', limit: '5001' }, /max entries limit/],
      ['traces', {}, /one of "logql"/],
      ['traces', { logql: '{}', promql: 'up' }, /one of "logql"/],
      ['traces', { logql: 'rate({app="x"}[1m])' }, /a query of log lines is expected/],
    ] as const;
    for (const [what, params, words] of refusals) {
      const answer = await fetch(apiUrl(base, `/api/v1/trilite/${what}`, params));
      assert.equal(answer.status, 400, JSON.stringify(params));
      assert.match(await answer.text(), words);
    }
  });

  test('a form may carry the queries', async () => {
    const body = new URLSearchParams({ traceql: '{ duration > 2s }', logql: '|= "refused"' });
    const answer = await fetch(`${base}/api/v1/trilite/logs`, { method: 'POST', body });
    assert.equal(count((await answer.json()) as Answer), 1);
  });
});

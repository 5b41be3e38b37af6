/** Series of a trace's resources: by instance, pod, host and service, what `target_info` joins, and PromQL over them alone. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { apiUrl, getJson, type LabelSet, postBody } from '../../support/http-api.ts';
import { sendSpans } from '../../support/otlp-spans.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody } from '../../support/remote-write.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const T = Date.now() - 120_000;
const PATH = '/api/v1/trilite/metrics';

interface Answer {
  readonly data: { readonly result: readonly { readonly metric: LabelSet; readonly values: unknown[] }[] };
  readonly across: {
    readonly services: readonly string[];
    readonly selectors: readonly {
      readonly by: string;
      readonly selector: string;
      readonly series: number;
      readonly metrics: readonly string[];
    }[];
    readonly seriesTruncated: boolean;
    readonly start: number;
    readonly end: number;
  };
}

/** Each with a number that tells it. */
const SERIES: readonly LabelSet[] = [
  { __name__: 'up', job: 'shop/checkout', instance: 'i-1' },
  { __name__: 'requests_total', job: 'shop/checkout', instance: 'i-1' },
  { __name__: 'requests_total', job: 'shop/checkout', instance: 'i-2' },
  { __name__: 'target_info', job: 'kube', instance: 'k:1', k8s_pod_name: 'checkout-1' },
  { __name__: 'scraped', job: 'kube', instance: 'k:1' },
  { __name__: 'pod_cpu', pod: 'checkout-1', namespace: 'shop' },
  { __name__: 'pod_cpu', pod: 'checkout-1', namespace: 'elsewhere' },
  { __name__: 'node_load1', job: 'node', instance: 'host-a:9100' },
  { __name__: 'node_load1', job: 'node', instance: 'host-ab:9100' },
  { __name__: 'container_cpu', id: '/kubepods/pod7/c0ffee' },
  { __name__: 'of_nobody', job: 'else' },
  { __name__: 'cart_size', service_name: 'cart.v2' },
];

let temporary: TemporaryServer;
let base: string;
before(async () => {
  temporary = await temporaryServer();
  ({ base } = temporary.server);
  const series = SERIES.map((labels, i) => ({
    labels,
    samples: [
      [T, i],
      [T + 30_000, i + 100],
    ] as const,
  }));
  await postBody(`${base}/api/v1/write`, REMOTE_WRITE_HEADERS, remoteWriteBody(series as never));
  const resource = {
    'service.instance.id': 'i-1',
    'k8s.pod.name': 'checkout-1',
    'k8s.namespace.name': 'shop',
    'host.name': 'host-a',
    'container.id': 'c0ffee',
  };
  const shared = { traceId: TRACE, startMs: T, durationMs: 800, name: 'x' };
  await sendSpans(base, [
    { ...shared, service: 'checkout', id: '00000000000000a1', resource },
    { ...shared, service: 'cart.v2', id: '00000000000000a2', parent: '00000000000000a1' },
    { ...shared, traceId: 'f'.repeat(32), service: 'alone', id: '00000000000000a3' },
  ]);
});
after(() => temporary.dispose());

const ask = (params: Readonly<Record<string, string>>) => getJson<Answer>(base, PATH, params);
const named = ({ data }: Answer) => data.result.map(({ metric }) => JSON.stringify(metric)).sort();
const those = (...at: number[]) => at.map((i) => JSON.stringify(SERIES[i])).sort();
const sorted = (texts: readonly string[]) =>
  texts.map((text) => JSON.stringify(Object.entries(JSON.parse(text)).sort())).sort();

describe('metrics of a trace', () => {
  test('are those of its instances, pods, hosts and services, and of no others', async () => {
    const answer = await ask({ trace: TRACE });
    assert.deepEqual(sorted(named(answer)), sorted(those(0, 1, 3, 4, 5, 7, 9, 11)));
    assert.deepEqual(answer.across.services, ['cart.v2', 'checkout']);
    assert.equal(answer.across.seriesTruncated, false);
    assert.ok(answer.across.start * 1000 < T - 299_000 && answer.across.end * 1000 > T + 299_000);
  });

  test('say by what they were found, in selectors that the public API answers alike', async () => {
    const { across } = await ask({ trace: TRACE });
    const kinds = across.selectors.map(({ by }) => by);
    assert.deepEqual(kinds, [
      'instance',
      'target_info',
      'pod',
      'pod',
      'container',
      'service',
      'service',
      'host',
    ]);
    for (const { selector, series, metrics } of across.selectors) {
      const params = { 'match[]': selector, start: String(across.start), end: String(across.end) };
      const { data } = await getJson<{ data: LabelSet[] }>(base, '/api/v1/series', params);
      assert.equal(data.length, series, selector);
      assert.deepEqual([...new Set(data.map((l) => l.__name__!))].sort(), metrics);
    }
  });

  test('are what PromQL sees', async () => {
    const { data } = await ask({ trace: TRACE, promql: 'sum by (instance) (requests_total)' });
    assert.deepEqual(
      data.result.map(({ metric }) => metric),
      [{ instance: 'i-1' }],
    );
  });

  test('are narrowed to a kind, and found under an id in any notation', async () => {
    const id = '4BF92F35-77B3-4DA6-A3CE-929D0E0E4736';
    const answer = await ask({ trace: id, by: 'host' });
    assert.deepEqual(sorted(named(answer)), sorted(those(7)));
  });

  test('of a trace without any are none; of one that is not there it is said', async () => {
    const none = await ask({ trace: 'f'.repeat(32) });
    assert.deepEqual([none.data.result, none.across.selectors], [[], []]);
    const refusals = [
      [{ trace: 'e'.repeat(32) }, 404, /no trace e{32} is stored/],
      [{ trace: 'what' }, 400, /is no trace id/],
      [{ trace: TRACE, promql: 'sum(' }, 400, /promql/],
      [{ trace: TRACE, by: 'moon' }, 400, /none of instance/],
      [{ trace: TRACE, slack: '30d' }, 400, /slack/],
      [{}, 400, /"trace" is expected/],
    ] as const;
    for (const [params, status, words] of refusals) {
      const answer = await fetch(apiUrl(base, PATH, params as never));
      assert.equal(answer.status, status, JSON.stringify(params));
      assert.match(((await answer.json()) as { error: string }).error, words);
    }
  });
});

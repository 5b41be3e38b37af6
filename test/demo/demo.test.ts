/**
 * The demo is what it promises: metrics, logs and traces of all of its services, each leading to the others, faults to
 * be found; and nothing of it is left when it has ended, however it ended.
 */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { getJson, logEntries, promInstant } from '../support/http-api.ts';
import { eventually } from '../support/poll.ts';
import { commandOf, isRunning, type RunningDemo, startDemo } from './run-demo.ts';

const SERVICES = ['checkout', 'payments', 'storefront'];
const PROC = fs.existsSync('/proc/self/stat');
const skip = PROC ? false : 'processes are looked for in /proc';
/** Machines that are busy with other tests take their time. */
const DEADLINE_MS = 45_000;

interface FoundTraces {
  readonly traces?: readonly { readonly traceID: string }[];
}

const nowNs = () => BigInt(Date.now()) * 1_000_000n;
const lastMinutes = (base: string, query: string) =>
  logEntries(base, query, nowNs() - 600_000_000_000n, nowNs() + 60_000_000_000n);

async function servicesOfTrace(base: string, traceId: string): Promise<string[]> {
  interface Answer {
    readonly trace: {
      readonly resourceSpans: readonly {
        readonly resource: {
          readonly attributes: readonly { readonly key: string; readonly value: { stringValue?: string } }[];
        };
      }[];
    };
  }
  const { trace } = await getJson<Answer>(base, `/api/v2/traces/${traceId}`);
  const names = trace.resourceSpans.map(
    ({ resource }) => resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '',
  );
  return [...new Set(names)].sort();
}

const servicesOfLogs = async (base: string, traceId: string) => {
  const lines = await lastMinutes(base, `{service_name=~".+"} | trace_id="${traceId}"`);
  return [...new Set(lines.map(({ stream }) => stream.service_name))].sort();
};

async function search(base: string, query: string): Promise<string> {
  const { traces } = await getJson<FoundTraces>(base, '/api/search', { q: query });
  assert.ok(traces?.[0], `nothing is found by ${query}`);
  return traces[0].traceID;
}

describe('the demo', { skip, timeout: 240_000 }, () => {
  let demo: RunningDemo;
  before(async () => {
    demo = await startDemo(['--pace', '6']);
  });
  after(() => {
    demo?.process.kill('SIGKILL');
    if (demo) fs.rmSync(demo.dir, { recursive: true, force: true, maxRetries: 5 });
  });

  test('has metrics of all services, under the name that their logs and spans have', () =>
    eventually(async () => {
      const counts = await promInstant(demo.base, 'count by (service_name) ({service_name=~".+"})');
      assert.deepEqual(counts.map(({ metric }) => metric.service_name).sort(), SERVICES);
      const scraped = await promInstant(demo.base, 'up{job="checkout"}');
      assert.deepEqual(
        scraped.map(({ value }) => value?.[1]),
        ['1'],
      );
    }, DEADLINE_MS));

  test('has logs of all services, whatever way they came, with level and trace', () =>
    eventually(async () => {
      for (const service of SERVICES) {
        const lines = await lastMinutes(demo.base, `{service_name="${service}"} | trace_id != ""`);
        assert.ok(lines.length > 0, service);
        for (const { metadata } of lines) {
          assert.match(metadata.trace_id!, /^[0-9a-f]{32}$/);
          assert.match(metadata.span_id!, /^[0-9a-f]{16}$/);
          assert.match(metadata.detected_level!, /^(info|warn|error)$/);
        }
      }
    }, DEADLINE_MS));

  test('has traces through all services, and the service graph that follows from them', () =>
    eventually(async () => {
      const through = SERVICES.map((name) => `{ resource.service.name = "${name}" }`);
      const [checkout, payments, storefront] = through;
      const traceId = await search(demo.base, `${storefront} >> ${checkout} >> ${payments}`);
      assert.deepEqual(await servicesOfTrace(demo.base, traceId), SERVICES);
      const edges = await promInstant(
        demo.base,
        'sum by (client, server, connection_type) (traces_service_graph_request_total)',
      );
      assert.deepEqual(
        edges.map(({ metric: m }) => `${m.client} ${m.server} ${m.connection_type ?? ''}`.trim()).sort(),
        [
          'checkout orders-db database',
          'checkout payments',
          'payments card-network virtual_node',
          'storefront checkout',
          'user storefront virtual_node',
        ],
      );
    }, DEADLINE_MS));

  test('leads from an exemplar to its trace, and from there to what was logged', () =>
    eventually(async () => {
      interface Exemplars {
        readonly data: readonly {
          readonly exemplars: readonly { readonly labels: { trace_id: string } }[];
        }[];
      }
      const seconds = Date.now() / 1000;
      const { data } = await getJson<Exemplars>(demo.base, '/api/v1/query_exemplars', {
        query: 'checkout_duration_seconds_bucket{outcome="paid"}',
        start: seconds - 600,
        end: seconds + 60,
      });
      const traceId = data[0]?.exemplars[0]?.labels.trace_id;
      assert.ok(traceId, 'there is no exemplar');
      assert.deepEqual(await servicesOfTrace(demo.base, traceId), SERVICES);
      assert.deepEqual(await servicesOfLogs(demo.base, traceId), SERVICES);
    }, DEADLINE_MS));

  test('answers a purchase with the trace that it became', async () => {
    const body = JSON.stringify({ product: 'teapot' });
    const answer = await fetch(`${demo.storefront}/buy`, { method: 'POST', body });
    const { traceId } = (await answer.json()) as { traceId: string };
    await eventually(async () => {
      assert.deepEqual(await servicesOfTrace(demo.base, traceId), SERVICES);
      assert.deepEqual(await servicesOfLogs(demo.base, traceId), SERVICES);
    }, DEADLINE_MS);
  });

  test('has faults to be found: timeouts with their stack, and alerts that fire', () =>
    eventually(async () => {
      const timeouts = '{ resource.service.name = "checkout" && event.exception.message =~ ".*within.*" }';
      const traceId = await search(demo.base, timeouts);
      assert.deepEqual(await servicesOfTrace(demo.base, traceId), SERVICES);
      const lines = await lastMinutes(demo.base, '{service_name="checkout"} | detected_level="error" | json');
      assert.ok(lines.some(({ line }) => /HttpError: no answer from .*\\n +at /.test(line)));
      interface Rules {
        readonly data: {
          readonly groups: readonly {
            readonly rules: readonly Record<'name' | 'health' | 'state', string>[];
          }[];
        };
      }
      const { data } = await getJson<Rules>(demo.base, '/api/v1/rules');
      const rules = data.groups.flatMap((group) => group.rules);
      assert.ok(rules.length >= 6);
      for (const { name, health } of rules) assert.equal(health, 'ok', name);
      assert.equal(rules.find(({ name }) => name === 'SlowCheckout')?.state, 'firing');
      const ofLogs = await getJson<Rules>(demo.base, '/prometheus/api/v1/rules');
      assert.ok(ofLogs.data.groups.some((group) => group.rules.some(({ name }) => name === 'ErrorsLogged')));
    }, DEADLINE_MS));

  test('starts a service again that was killed', async () => {
    const checkout = demo.children.find((pid) => commandOf(pid).includes('services/checkout.ts'))!;
    const [before] = await promInstant(demo.base, 'process_start_time_seconds{job="checkout"}');
    process.kill(checkout, 'SIGKILL');
    await eventually(async () => {
      assert.match(demo.output(), /checkout +\| ended with SIGKILL; it is started again/);
      const [now] = await promInstant(
        demo.base,
        'process_start_time_seconds{job="checkout"} and on (job) up == 1',
      );
      assert.ok(Number(now?.value?.[1]) > Number(before?.value?.[1]), 'it is the old one still');
    }, DEADLINE_MS);
  });

  test('ends on SIGTERM with all of its processes and files', async () => {
    assert.ok(demo.children.some(isRunning));
    assert.equal(await demo.stop('SIGTERM'), 0);
    assert.deepEqual(demo.children.filter(isRunning), []);
    assert.deepEqual(
      fs.readdirSync(demo.dir).filter((name) => name.startsWith('trilite')),
      [],
    );
  });
});

describe('the end of the launcher', { skip, timeout: 120_000 }, () => {
  test('by kill -9 is the end of its children', async () => {
    const demo = await startDemo();
    assert.equal(demo.children.filter(isRunning).length, 4);
    demo.process.kill('SIGKILL');
    await eventually(async () => assert.deepEqual(demo.children.filter(isRunning), []), DEADLINE_MS);
    fs.rmSync(demo.dir, { recursive: true, force: true, maxRetries: 5 });
  });

  test('is told when a port is taken, by its number', async () => {
    const taken = net.createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    await assert.rejects(
      startDemo(['--http', `127.0.0.1:${port}`]),
      new RegExp(`http://127\\.0\\.0\\.1:${port}: the port is taken`),
    );
    taken.close();
  });
});

/** When derived series are written: soon after a change while that is cheap, all of them at the interval, at a flush. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { MetricsGenerator } from '../../src/derive/metrics-generator.ts';
import { DEFAULT_METRICS_GENERATOR, type MetricsGeneratorSettings } from '../../src/derive/settings.ts';
import { ManualClock, settle } from '../scrape/manual-clock.ts';
import { SampleSink } from './sample-sink.ts';
import { NOW_MS, spanBatch } from './span-batches.ts';

function start(change: Partial<MetricsGeneratorSettings> = {}) {
  const clock = new ManualClock(NOW_MS);
  const telemetry = new Telemetry();
  const sinks = new Map<string, SampleSink>();
  const appenderOf = (tenant: string) => {
    const sink = new SampleSink();
    sinks.set(tenant, sink);
    return sink;
  };
  const settings: MetricsGeneratorSettings = {
    ...DEFAULT_METRICS_GENERATOR,
    processors: ['span-metrics-count'],
    ...change,
  };
  const log = createLogger('error');
  const generator = new MetricsGenerator({ settings, appenderOf, clock, telemetry, log, startedMs: 0 });
  const valuesOf = (tenant: string) =>
    [...(sinks.get(tenant)?.series.values() ?? [])].map((kept) => kept.map((k) => k.value));
  return { generator, clock, telemetry, sinks, valuesOf };
}

describe('the metrics generator', () => {
  it('writes what has changed a moment later, and everything at the interval', async () => {
    const { generator, clock, valuesOf } = start();
    await generator.take(spanBatch({ service: 'a' }), 'fake', undefined);
    await clock.advance(999);
    assert.deepEqual(valuesOf('fake'), []);
    await clock.advance(1);
    assert.deepEqual(valuesOf('fake'), [[0, 1]]);
    await clock.advance(14_000);
    assert.deepEqual(valuesOf('fake'), [[0, 1, 1]]);
  });

  it('waits for the interval where changes are too many for the budget', async () => {
    const { generator, clock, sinks } = start({ processors: ['span-metrics'] });
    const spans = Array.from({ length: 1500 }, (_, i) => ({ service: 'a', name: `op ${i}` }));
    await generator.take(spanBatch(...spans), 'fake', undefined);
    await clock.advance(10_000);
    assert.equal(sinks.get('fake')!.series.size, 0);
    await clock.advance(5000);
    for (let i = 0; i < 100; i++) await settle();
    assert.equal(sinks.get('fake')!.series.size, 1500 * 19);
  });

  it('keeps tenants apart', async () => {
    const { generator, valuesOf } = start();
    await generator.take(spanBatch({ service: 'a' }, { service: 'a' }), 'one', undefined);
    await generator.take(spanBatch({ service: 'a' }), 'two', undefined);
    await generator.flush();
    assert.deepEqual([valuesOf('one'), valuesOf('two')], [[[0, 2]], [[0, 1]]]);
  });

  it('leaves out what storage refused', async () => {
    const { generator, valuesOf } = start();
    await generator.take(spanBatch({ service: 'a' }, { service: 'a' }), 'fake', new Set([1]));
    await generator.end();
    assert.deepEqual(valuesOf('fake'), [[0, 1]]);
  });

  it('ends the waiting of edges by itself, and says how many there are', async () => {
    const { generator, clock, telemetry, sinks } = start({ processors: ['service-graphs-request'] });
    await generator.take(spanBatch({ service: 'a', kind: 2 }), 'fake', undefined);
    assert.match(telemetry.print(), /^trilite_metrics_generator_waiting_edges 1$/m);
    await clock.advance(13_000);
    assert.deepEqual(
      [...sinks.get('fake')!.series.keys()],
      ['traces_service_graph_request_total{client="user",connection_type="virtual_node",server="a"}'],
    );
    assert.match(telemetry.print(), /^trilite_metrics_generator_waiting_edges 0$/m);
  });
});

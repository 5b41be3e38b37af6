/** The intake that derives metrics from spans, when its settings change while spans come. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/base/clock.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { DerivedSpans } from '../../src/derived-spans.ts';
import { ReceiverTelemetry } from '../../src/ingest/receive/receiver-telemetry.ts';
import { SampleSink } from './sample-sink.ts';
import { spanBatch } from './span-batches.ts';

const COUNT = { ...DEFAULT_CONFIG.metricsGenerator, processors: ['span-metrics-count'], slackMs: 0 } as const;
const SERIES = 'traces_spanmetrics_calls_total';

describe('spans that metrics are derived from', () => {
  it('are all counted, once, whatever settings come in between', async () => {
    const telemetry = new Telemetry();
    const sink = new SampleSink();
    const counts = new ReceiverTelemetry(telemetry);
    const derived = new DerivedSpans({
      settings: COUNT,
      appenderOf: () => sink,
      telemetry,
      counts,
      log: SILENT,
      clock: systemClock,
    });
    const accepted = { accepted: 1, refused: [], durable: Promise.resolve() };
    const intake = derived.around({ append: async () => accepted });
    const change = async (processors: readonly string[], dimension: string) => {
      const metricsGenerator = {
        ...COUNT,
        processors,
        spanMetrics: { ...COUNT.spanMetrics, dimensions: [dimension] },
      };
      (await derived.reload.prepare({ ...DEFAULT_CONFIG, metricsGenerator } as never, () => {}))();
    };
    const send = () => intake.append(spanBatch({ service: 'a' }), { tenant: 'fake', nowMs: Date.now() });
    const settings = ['x', 'y', 'z'];
    for (const name of settings) {
      await Promise.all([send(), send()]);
      await Promise.all([send(), change(['span-metrics-count'], name), send()]);
    }
    await change([], 'x');
    await send();
    await derived.end();
    // A series that begins anew does so with a zero: increases over all of it are the spans.
    let spans = 0;
    for (const [name, kept] of sink.series) {
      assert.ok(name.startsWith(SERIES), name);
      const sorted = kept.toSorted((a, b) => a.timeMs - b.timeMs);
      let before = 0;
      for (const { value } of sorted) {
        assert.ok(typeof value === 'number');
        spans += value < before ? value : value - before;
        before = value;
      }
    }
    assert.equal(spans, 4 * settings.length);
    assert.equal((telemetry.print().match(/^trilite_metrics_generator_active_series /gm) ?? []).length, 1);
  });
});

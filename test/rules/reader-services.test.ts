/** What of rules runs in a reader thread: labels, templates, and alerts of before, over metrics in memory. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8Encode } from '../../src/base/bytes.ts';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
import { CUSTOM_BUCKETS_SCHEMA, type Histogram } from '../../src/model/histogram.ts';
import { Labels } from '../../src/model/labels.ts';
import { MemoryMetrics } from '../../src/query/script/memory-metrics.ts';
import type { ServiceContext } from '../../src/query/service.ts';
import { decodeForState, type ForStateQuery } from '../../src/rules/for-state.ts';
import { type EvaluationRequest, ruleServices } from '../../src/rules/reader-services.ts';
import { decodeResult, keyAt, labelsAt } from '../../src/rules/rule-result.ts';
import type { StorageReader } from '../../src/storage/interface.ts';

const TIME_MS = 1_000_000;
const SERVICES = ruleServices(RULE_YAML);

function metrics(
  series: readonly (readonly [labels: Record<string, string>, value: number])[],
): MemoryMetrics {
  const store = new MemoryMetrics();
  for (const [labels, value] of series) store.add(Labels.from(labels), [{ timestampMs: TIME_MS, value }]);
  return store;
}

async function run(service: string, body: object, store: MemoryMetrics): Promise<Uint8Array> {
  const context: ServiceContext = {
    storage: { metrics: store } as unknown as StorageReader,
    signal: new AbortController().signal,
  };
  const request = { params: [], path: {}, headers: {}, nowMs: 0, body: utf8Encode(JSON.stringify(body)) };
  return (await SERVICES[service]!(request, context)).body;
}

function asked(query: string, more: Partial<EvaluationRequest> = {}): EvaluationRequest {
  return { language: 'promql', query, timeMs: TIME_MS, name: 'r', labels: {}, annotations: {}, ...more };
}

describe('a recording rule in a reader', () => {
  const store = metrics([
    [{ __name__: 'm', a: '1', team: 'x' }, 1],
    [{ __name__: 'm', a: '2', team: 'y' }, 2],
  ]);

  it('gives its name and its labels to what the query finds', async () => {
    const body = await run(
      'rules.record',
      asked('m', { labels: { team: 'z', a: '' } }),
      metrics([[{ __name__: 'm', a: '1', team: 'x' }, 7]]),
    );
    const { keys, notes, values } = decodeResult(body);
    assert.deepEqual([...values], [7]);
    assert.deepEqual(labelsAt(keys, 0).toObject(), { __name__: 'r', team: 'z' });
    assert.equal(keyAt(notes, 0).length, 0);
  });

  it('fails where its labels make two series one', async () => {
    const message = 'vector contains metrics with the same labelset after applying rule labels';
    const labels = { a: '', team: 'z' };
    await assert.rejects(run('rules.record', asked('m', { labels }), store), { message });
  });

  it('takes a scalar as an element without labels, and nothing else that is no vector', async () => {
    const { keys, values } = decodeResult(await run('rules.record', asked('1 + 1'), store));
    assert.deepEqual([...values], [2]);
    assert.deepEqual(labelsAt(keys, 0).toObject(), { __name__: 'r' });
    const message = 'rule result is not a vector or scalar';
    await assert.rejects(run('rules.record', asked('m[5m]'), store), { message });
  });
});

describe('rules on native histograms in a reader', () => {
  const histogram: Histogram = {
    schema: CUSTOM_BUCKETS_SCHEMA,
    zeroThreshold: 0,
    zeroCount: 0,
    count: 5,
    sum: 7.5,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveCounts: [2, 3],
    negativeSpans: [],
    negativeCounts: [],
    customBounds: [1, 2],
    reset: 'gauge',
    integer: false,
    stale: false,
  };
  const store = metrics([[{ __name__: 'm', a: 'b' }, 1]]);
  store.add(Labels.from({ __name__: 'm', a: 'a' }), [{ timestampMs: TIME_MS, value: histogram }]);

  it('record them beside floats', async () => {
    const { keys, values, histograms } = decodeResult(await run('rules.record', asked('m'), store));
    assert.deepEqual([...values], [0, 1]);
    assert.deepEqual(labelsAt(keys, 0).toObject(), { __name__: 'r', a: 'a' });
    assert.deepEqual(histograms, [{ element: 0, histogram }]);
  });

  it('alert on them with value 0, and show them in texts', async () => {
    const annotations = { text: '{{ $value }}', found: '{{ query "m" | first | value }}' };
    const body = await run('rules.alert', asked('m{a="a"}', { name: 'A', annotations }), store);
    const { notes, values } = decodeResult(body);
    assert.deepEqual([...values], [0]);
    const text = '{count:5, sum:7.5, [-Inf,1]:2, (1,2]:3}';
    assert.equal(labelsAt(notes, 0).get('text'), text);
  });
});

describe('an alerting rule in a reader', () => {
  it('expands labels and annotations for each element', async () => {
    const store = metrics([
      [{ __name__: 'm', a: 'x' }, 1],
      [{ __name__: 'm', a: 'y' }, 2048],
    ]);
    const labels = { sev: 'page', who: '{{ $labels.a | toUpper }}', gone: '{{ $labels.none }}' };
    const annotations = {
      text: '{{ $value | humanize1024 }} in {{ $externalLabels.cluster }}{{ $externalLabels.none }}',
      found: '{{ range query "sum(m)" }}{{ .Value }}{{ end }} at {{ now }}, {{ externalURL }}',
      failed: '{{ query "sum(" }}',
    };
    const surroundings = {
      timeMs: TIME_MS + 500,
      externalUrl: 'http://x/y',
      externalLabels: { cluster: 'eu' },
    };
    const request = asked('m', { name: 'A', labels, annotations, surroundings });
    const body = await run('rules.alert', request, store);
    const { keys, notes, values } = decodeResult(body);
    assert.deepEqual([...values], [1, 2048]);
    assert.deepEqual(labelsAt(keys, 0).toObject(), { a: 'x', alertname: 'A', sev: 'page', who: 'X' });
    assert.deepEqual(labelsAt(notes, 1).toObject(), {
      text: '2ki in eu',
      found: '2049 at 1000.5, http://x/y',
      failed:
        '<error expanding template: error executing template __alert_A: template: __alert_A:1:115: executing "__alert_A" at <query "sum(">: error calling query: 1:5: parse error: unclosed left parenthesis>',
    });
  });

  it('fails where its labels make two alerts one', async () => {
    const store = metrics([
      [{ __name__: 'm' }, 1],
      [{ __name__: 'n' }, 2],
    ]);
    const message = 'vector contains metrics with the same labelset after applying alert labels';
    await assert.rejects(run('rules.alert', asked('{__name__=~"m|n"}'), store), { message });
  });
});

describe('alerts of a process before', () => {
  const query: ForStateQuery = {
    alert: 'A',
    labels: { sev: 'page', who: '{{ $labels.a }}' },
    minMs: TIME_MS - 1000,
    maxMs: TIME_MS,
  };
  const series = (labels: Record<string, string>) =>
    Labels.from({ __name__: 'ALERTS_FOR_STATE', alertname: 'A', sev: 'page', ...labels });

  it('are the newest samples of their series that are not stale', async () => {
    const store = new MemoryMetrics();
    store.add(series({ who: 'x' }), [
      { timestampMs: TIME_MS - 500, value: 10 },
      { timestampMs: TIME_MS - 100, value: 20 },
      { timestampMs: TIME_MS + 100, value: 30 },
    ]);
    store.add(series({ who: 'y' }), [
      { timestampMs: TIME_MS - 500, value: 10 },
      { timestampMs: TIME_MS - 100, value: 'stale' },
    ]);
    store.add(series({ who: 'z' }), [{ timestampMs: TIME_MS - 2000, value: 10 }]);
    store.add(series({ sev: 'mail' }), [{ timestampMs: TIME_MS, value: 10 }]);
    store.add(series({ alertname: 'B' }), [{ timestampMs: TIME_MS, value: 10 }]);
    const found = decodeForState(await run('rules.for_state', query, store));
    assert.deepEqual(
      found.map((f) => [f.labels.toObject(), f.timestampMs, f.activeAtSeconds]),
      [[{ alertname: 'A', sev: 'page', who: 'x' }, TIME_MS - 100, 20]],
    );
  });
});

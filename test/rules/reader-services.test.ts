/** What of rules runs in a reader thread: labels, templates, and alerts of before, over metrics in memory. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { utf8Encode } from '../../src/base/bytes.ts';
import { RULE_YAML } from '../../src/config/rule-group-yaml.ts';
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
    externalLabels: Labels.from({ cluster: 'eu' }),
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

describe('an alerting rule in a reader', () => {
  it('expands labels and annotations for each element', async () => {
    const store = metrics([
      [{ __name__: 'm', a: 'x' }, 1],
      [{ __name__: 'm', a: 'y' }, 2048],
    ]);
    const labels = { sev: 'page', who: '{{ $labels.a | toUpper }}', gone: '{{ $labels.none }}' };
    const annotations = { text: '{{ $value | humanize1024 }} in {{ $externalLabels.cluster }}' };
    const body = await run('rules.alert', asked('m', { name: 'A', labels, annotations }), store);
    const { keys, notes, values } = decodeResult(body);
    assert.deepEqual([...values], [1, 2048]);
    assert.deepEqual(labelsAt(keys, 0).toObject(), { a: 'x', alertname: 'A', sev: 'page', who: 'X' });
    assert.deepEqual(labelsAt(notes, 1).toObject(), { text: '2ki in eu' });
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

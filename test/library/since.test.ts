/** A view since a mark, and forgetting. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { type Sink, startTrilite } from '../../src/index.ts';

const LONG = { timeout: '20s' };

describe('a mark', () => {
  let sink: Sink;

  before(async () => {
    sink = await startTrilite();
  });
  after(() => sink.stop());
  beforeEach(() => sink.reset());

  it('sees through a mark only what came after it', async () => {
    await sink.load('before 1');
    await sink.push({ logs: [{ line: 'before', service: 'a' }], spans: [{ name: 'before' }] });
    const since = sink.since(await sink.mark());
    await sink.load('after 1');
    await sink.push({ logs: [{ line: 'after', service: 'a' }], spans: [{ name: 'after' }] });
    const logs = await since.logql('{service_name="a"}');
    assert.deepEqual(logs.kind === 'entries' && logs.entries.map((e) => e.line), ['after']);
    const names = await since.promql('count by (__name__) ({__name__=~".+"})');
    assert.deepEqual(names.kind === 'vector' && names.samples.map((s) => s.labels.__name__), ['after']);
    const traces = await since.traceql('{}');
    assert.deepEqual(traces.kind === 'traces' && traces.traces.map((t) => t.rootTraceName), ['after']);
  });

  it('waits through a mark for what comes after it', async () => {
    await sink.push({ logs: [{ line: 'before', service: 'api' }] });
    const since = sink.since(await sink.mark());
    const waiting = since.waitFor({ logql: '{service_name="api"}' }, 1, LONG);
    await sink.push({ logs: [{ line: 'after', service: 'api' }] });
    const answer = await waiting;
    assert.deepEqual(answer.kind === 'entries' && answer.entries.map((e) => e.line), ['after']);
  });

  it('is nothing that reset spares', async () => {
    await sink.load('up 1');
    await sink.push({ logs: [{ line: 'x' }], spans: [{ name: 'y' }] });
    await sink.reset();
    assert.deepEqual(await sink.inventory(), { metrics: [], streams: [], services: [], spans: [] });
  });
});

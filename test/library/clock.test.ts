/** The clock of a sink: queries go by it, and so do those who wait. */

import assert from 'node:assert/strict';
import { it } from 'node:test';
import { startTrilite } from '../../src/index.ts';

const START = '2026-01-01T00:00:00Z';

it('is held from the start, moved and released', async () => {
  await using sink = await startTrilite({ clock: { at: START } });
  assert.equal(sink.clock.now(), Date.parse(START));
  await sink.load('up 0x5');
  const waiting = sink.waitFor('time()', Date.parse(START) / 1000 + 600, { timeout: '20s' });
  await sink.clock.advance('10m');
  await waiting;
  const stale = await sink.promql('up');
  assert.equal(stale.kind === 'vector' && stale.samples.length, 0);
  sink.clock.hold(START);
  const there = await sink.promql('up');
  assert.equal(there.kind === 'vector' && there.samples.length, 1);
  const { spans } = await sink.push({ spans: [{ name: 'then', duration: '1s' }] });
  const trace = await sink.trace(spans[0]!.traceId);
  assert.equal(trace!.spans[0]!.endNs, BigInt(Date.parse(START)) * 1_000_000n);
  sink.clock.release();
  assert.ok(Math.abs(sink.clock.now() - Date.now()) < 60_000);
});

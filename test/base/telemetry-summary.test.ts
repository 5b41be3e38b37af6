import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Telemetry } from '../../src/base/telemetry.ts';
import { SummaryCounter } from '../../src/base/telemetry-summary.ts';

test('quantiles are of the latest observations, count and sum of all', () => {
  const summary = new SummaryCounter();
  assert.deepEqual(summary.quantiles([0.5]), [Number.NaN]);
  for (let i = 0; i < 1000; i++) summary.observe(7);
  for (let i = 1; i <= 512; i++) summary.observe(i);
  assert.equal(summary.count, 1512);
  assert.equal(summary.sum, 7000 + (512 * 513) / 2);
  assert.deepEqual(summary.quantiles([0, 0.5, 1]), [1, 256, 512]);
});

test('a summary is printed with its quantiles', () => {
  const telemetry = new Telemetry();
  telemetry.summary('s_seconds', 'Help.', ['a']).with('x').observe(0.5);
  assert.equal(
    telemetry.print(),
    '# HELP s_seconds Help.\n# TYPE s_seconds summary\n' +
      ['0.01', '0.05', '0.5', '0.9', '0.99'].map((q) => `s_seconds{a="x",quantile="${q}"} 0.5\n`).join('') +
      's_seconds_sum{a="x"} 0.5\ns_seconds_count{a="x"} 1\n',
  );
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NORMALIZE, START } from '../../src/ingest/decode/exposition-lines.ts';
import { StartTimes, startGroup } from '../../src/scrape/start-times.ts';

const pairs = (name: string, ...labels: string[]) => ['__name__', name, ...labels];
const COUNTER = START.sample;
const HISTOGRAM = START.sample | NORMALIZE.le;
const SUMMARY = START.sample | NORMALIZE.quantile;

test('samples of one family and labels are in the group of its created line', () => {
  const created = startGroup(pairs('f_created', 'a', '1', 'b', '2'), START.created);
  const same: [string[], number][] = [
    [pairs('f_total', 'b', '2', 'a', '1'), COUNTER],
    [pairs('f', 'a', '1', 'b', '2'), COUNTER],
    [pairs('f_bucket', 'a', '1', 'le', '5', 'b', '2'), HISTOGRAM],
    [pairs('f_count', 'a', '1', 'b', '2'), HISTOGRAM],
    [pairs('f_sum', 'a', '1', 'b', '2'), SUMMARY],
    [pairs('f', 'quantile', '0.5', 'a', '1', 'b', '2'), SUMMARY],
  ];
  for (const [text, kind] of same) assert.equal(startGroup(text, kind), created, text.join(' '));
  const others: [string[], number][] = [
    [pairs('f_total', 'a', '1'), COUNTER],
    [pairs('f_total', 'a', '2', 'b', '1'), COUNTER],
    [pairs('f_total', 'a', '1', 'b', '2', 'c', ''), COUNTER],
    [pairs('g_total', 'a', '1', 'b', '2'), COUNTER],
    // A label's value that looks like more labels.
    [pairs('f_total', 'a', '1","b","2'), COUNTER],
  ];
  for (const [text, kind] of others) assert.notEqual(startGroup(text, kind), created, text.join(' '));
  assert.ok(Number.isSafeInteger(created) && created > 0);
});

test('what was said holds until it is cleared', () => {
  const starts = new StartTimes();
  starts.note(1, 1.5);
  starts.note(2, Number.NaN);
  assert.deepEqual([starts.of(1), starts.of(2), starts.of(3)], [1500, 0, 0]);
  starts.clear();
  assert.equal(starts.of(1), 0);
});

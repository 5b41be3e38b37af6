/** What the storage view makes of answers about series, volumes and spans. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstantAnswer } from '../../../../src/ui/api/vector.ts';
import {
  countValues,
  numberOf,
  seriesSelector,
  topValues,
  valueCounts,
} from '../../../../src/ui/views/storage/cardinality.ts';
import { seriesRows, tagRows } from '../../../../src/ui/views/storage/tags.ts';
import { volumeRows } from '../../../../src/ui/views/storage/volume.ts';

function vector(...rows: readonly [metric: Record<string, string>, value: string][]): InstantAnswer {
  return {
    data: { resultType: 'vector', result: rows.map(([metric, value]) => ({ metric, value: [0, value] })) },
  };
}

test('names of metrics and labels may be anything', () => {
  assert.equal(seriesSelector('a"b'), '{__name__="a\\"b"}');
  assert.equal(countValues('up', 'job'), 'count(count by (job) ({__name__="up"}))');
  assert.match(
    topValues('up', 'http.route'),
    /^topk\(\d+, count by \("http\.route"\) \(\{__name__="up"\}\)\)$/,
  );
});

test('counts are read off answers', () => {
  assert.equal(numberOf(vector([{}, '17'])), 17);
  assert.equal(numberOf(vector()), 0);
  assert.deepEqual(valueCounts(vector([{ job: 'a' }, '2'], [{}, '5'], [{ job: 'b' }, '9']), 'job'), [
    { name: 'b', value: 9 },
    { name: '(without it)', value: 5 },
    { name: 'a', value: 2 },
  ]);
});

test('volumes are bytes by the label, the most first', () => {
  const answer = {
    data: {
      result: [
        { metric: { app: 'a' }, value: [1, '10'] as const },
        { metric: {}, value: [1, '30'] as const },
      ],
    },
  };
  assert.deepEqual(volumeRows(answer, 'app'), [
    { name: '', value: 30 },
    { name: 'a', value: 10 },
  ]);
});

test('spans by service, and the attributes that they carry themselves', () => {
  const series = [
    { labels: [{ value: { stringValue: 'a' } }], value: 1 },
    { labels: [{ value: { stringValue: 'b' } }], value: 5 },
    { labels: [{ value: { stringValue: 'c' } }], value: 0 },
  ];
  assert.deepEqual(seriesRows({ series }), [
    { name: 'b', value: 5 },
    { name: 'a', value: 1 },
  ]);
  assert.deepEqual(seriesRows({}), []);
  assert.deepEqual(
    tagRows([
      { name: 'resource', tags: ['service.name'] },
      { name: 'span' },
      { name: 'intrinsic', tags: ['duration'] },
    ]),
    [{ scope: 'resource', name: 'service.name' }],
  );
});

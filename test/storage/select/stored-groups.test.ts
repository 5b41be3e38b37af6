/** Groups that a reader keeps: they are read again where they were dropped, and what is kept has a bound. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allRows } from '../../../src/model/span-rows.ts';
import { buildSpanGroup, encodeSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { StoredGroups } from '../../../src/storage/select/stored-groups.ts';
import type { SpanGroupRow } from '../../../src/storage/sqlite/span-table.ts';
import { batchOfJson } from '../memory-traces.ts';

const SPANS = 4000;

/** A group with a name for every span, and the pieces that were read of it by the group's number. */
function store() {
  const spans = Array.from({ length: SPANS }, (_, i) => ({
    traceId: (i + 1).toString(16).padStart(32, '0'),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: `operation ${i} ${'x'.repeat(200)}`,
    startTimeUnixNano: '1767268800000000000',
    endTimeUnixNano: '1767268800000000001',
  }));
  const batch = batchOfJson({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const group = buildSpanGroup(allRows([batch]));
  const pieces = new Map(encodeSpanGroup(group).map(({ column, data }) => [column, data]));
  const reads = new Map<number, string[]>();
  const groups = new StoredGroups((row, piece) => {
    reads.set(row.id, [...(reads.get(row.id) ?? []), piece]);
    return pieces.get(piece)!;
  });
  const row = (id: number, block = 1): SpanGroupRow => ({
    id,
    block,
    spans: SPANS,
    minMs: group.minMs,
    maxMs: group.maxMs,
    firstTrace: new Uint8Array(16),
    lastTrace: new Uint8Array(16).fill(255),
  });
  return { groups, reads, row };
}

test('nothing is read before a column is asked for, and each piece once', () => {
  const { groups, reads, row } = store();
  groups.begin();
  const group = groups.of(row(1));
  assert.equal(group.spanCount, SPANS);
  assert.ok(group.traceBounds);
  assert.equal(reads.size, 0);
  assert.equal(group.names().size, SPANS);
  assert.equal(groups.of(row(1)), group);
  groups.begin();
  assert.equal(groups.of(row(1)), group);
  assert.equal(groups.of(row(1)).names().size, SPANS);
  const read = reads.get(1)!;
  assert.equal(new Set(read).size, read.length);
});

test('a group of another block is another group', () => {
  const { groups, row } = store();
  groups.begin();
  const group = groups.of(row(1, 1));
  assert.notEqual(groups.of(row(1, 2)), group);
});

test('past the bound a job drops what it has passed, and the next one what came last; directories stay', () => {
  const { groups, reads, row } = store();
  groups.begin();
  const many = Array.from({ length: 300 }, (_, i) => groups.of(row(i)));
  for (const group of many) {
    assert.equal(group.names().size, SPANS);
    groups.passed(group);
  }
  const held = many.filter((group) => group.bytes > 0).length;
  assert.ok(held > 10 && held < 200, `${held} of 300 are held`);
  groups.begin();
  reads.clear();
  for (const group of many) assert.equal(group.names().strings[7], many[0]!.names().strings[7]);
  assert.equal(reads.has(0), false, 'the first ones are kept');
  assert.ok(reads.has(299), 'the last one is read again');
  assert.ok(![...reads.values()].some((pieces) => pieces.includes('meta')));
});

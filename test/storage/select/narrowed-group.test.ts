/** Some spans of a group are what a group of them alone is: over random requests and random choices. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { AttributeTable, SpanGroup } from '../../../src/model/span-group.ts';
import { allRows } from '../../../src/model/span-rows.ts';
import { spansOf } from '../../../src/model/spans-of.ts';
import { buildSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { KeptRows } from '../../../src/storage/select/kept-rows.ts';
import { narrowedGroup } from '../../../src/storage/select/narrowed-group.ts';
import { DATA_START_S, makeTraces } from '../../differential/traceql/traces.ts';
import { encode, messageArbitrary } from '../../ingest/decode/otlp-arbitrary.ts';
import { batchOfJson } from '../memory-traces.ts';
import { contents } from '../span-contents.ts';

const odd = fc
  .array(messageArbitrary('TracesData'), { minLength: 1, maxLength: 3 })
  .map((messages) => messages.map((m) => decodeOtlpTraces(encode('TracesData', m))));
const usual = fc.nat(1000).map((seed) => makeTraces(seed, 6, 30).requests.map(batchOfJson));

/** Names and texts of the group: nothing may be in there that none of its spans has. */
function words(group: SpanGroup): unknown {
  const of = (table: AttributeTable) =>
    table.columns
      .map((c) => `${JSON.stringify(c.key)} ${c.type} ${c.count} ${c.rows().length} ${textsOf(c)}`)
      .sort();
  const texts = ({ strings }: { readonly strings: readonly string[] }) => [...strings].sort();
  return {
    tables: [group, group.resources, group.scopes, group.events, group.links].map((t) => of(t.attributes)),
    texts: [group.names(), group.statusMessages(), group.traceStates(), group.events.names()].map(texts),
    scopes: [group.scopes.names(), group.scopes.versions()].map(texts),
    counts: [group.spanCount, group.events.count, group.links.count, group.scopes.count],
    exact: [group.exactTimes().length, group.events.exactTimes().size],
  };
}

function textsOf(column: AttributeTable['columns'][number]): string {
  if (column.type !== 'string') return '';
  return JSON.stringify([...column.values().strings].sort());
}

test('a narrowed group is a group of its spans', () => {
  fc.assert(
    fc.property(fc.oneof(odd, usual), fc.infiniteStream(fc.boolean()), (batches, choices) => {
      const group = buildSpanGroup(allRows(batches));
      const keeps = Uint8Array.from({ length: group.spanCount }, () => (choices.next().value ? 1 : 0));
      const kept = KeptRows.of(keeps);
      const narrowed = narrowedGroup(group, kept);
      const alone = buildSpanGroup(allRows([spansOf(group, kept.rows)]));
      assert.deepEqual(contents([spansOf(narrowed)]), contents([spansOf(group, kept.rows)]));
      assert.equal(narrowed.spanCount, alone.spanCount);
      for (const column of ['traceStarts', 'traceIds', 'spanIds', 'parentIds', 'parentRows'] as const) {
        assert.deepEqual(narrowed[column](), alone[column](), column);
      }
      assert.deepEqual(words(narrowed), words(alone));
    }),
    { numRuns: 150 },
  );
});

test('nothing of what is left out is in it', () => {
  const group = buildSpanGroup(allRows(makeTraces(3, 4, 50).requests.map(batchOfJson)));
  const none = narrowedGroup(group, KeptRows.of(new Uint8Array(group.spanCount)));
  assert.ok(group.spanCount > 0 && group.minMs >= DATA_START_S * 1000);
  assert.deepEqual(contents([spansOf(none)]), []);
  assert.deepEqual(none.attributes.keys(), []);
  assert.deepEqual(none.resources.attributes.keys(), []);
  assert.deepEqual(none.names().strings, []);
  assert.deepEqual([...none.traceStarts()], [0]);
});

/** What retention decides from the block table alone: by age, by rules, by size. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Labels } from '../../src/model/labels.ts';
import { planCompaction } from '../../src/storage/compact.ts';
import {
  blockBytesMax,
  blocksOverSize,
  outlivedBlocks,
  type RetentionPolicy,
  SeriesAges,
  trimStage,
} from '../../src/storage/retention.ts';
import type { BlockRow } from '../../src/storage/sqlite/block-table.ts';
import { SIGNAL } from '../../src/storage/sqlite/schema.ts';
import { tenantMatcher } from '../../src/storage/tenant/tenant-view.ts';

const HOUR = 3_600_000;
const NOW = 1000 * HOUR;
const MB = 1024 ** 2;

let ids = 0;
/** `from` and `to` are hours of age, the older first. */
function block(
  signal: keyof typeof SIGNAL,
  from: number,
  to: number,
  more: Partial<BlockRow> = {},
): BlockRow {
  return {
    id: ++ids,
    signal: SIGNAL[signal],
    tenant: 0,
    level: 0,
    partitionMs: 0,
    minMs: NOW - from * HOUR,
    maxMs: NOW - to * HOUR,
    items: 1,
    bytes: MB,
    generation: 1,
    ...more,
  };
}

describe('by age', () => {
  const keepMs = { metrics: 10 * HOUR, logs: 0 };

  test('a block goes when its end is past the age of its signal; 0 keeps for ever', () => {
    const blocks = [block('metrics', 20, 11), block('metrics', 20, 9), block('logs', 900, 800)];
    assert.deepEqual(outlivedBlocks(blocks, { keepMs }, NOW), [blocks[0]]);
  });

  test('a rule with a longer age keeps the block, which is looked at once it is past its signal', () => {
    const rules = [{ signal: 'metrics', matchers: [], keepMs: 50 * HOUR, priority: 0 }] as const;
    const policy = { keepMs, rules };
    const [young, old, ancient] = [
      block('metrics', 9, 5),
      block('metrics', 20, 11),
      block('metrics', 90, 51),
    ];
    assert.deepEqual(outlivedBlocks([young, old, ancient], policy, NOW), [ancient]);
    assert.ok(trimStage(policy, old, NOW) > trimStage(policy, young, NOW));
    assert.equal(trimStage(policy, block('logs', 20, 11), NOW), -1, 'no rule speaks of logs');
  });

  test('a rule with a shorter age asks again as its age comes through the block', () => {
    const rules = [{ signal: 'logs', matchers: [], keepMs: 10 * HOUR, priority: 0 }] as const;
    const b = block('logs', 10, 6);
    const stages = [0, 0.5, 1.5, 2.5, 3.5, 5].map((h) => trimStage({ keepMs, rules }, b, NOW + h * HOUR));
    assert.deepEqual(stages, [0, 1, 2, 3, 4, 5]);
  });
});

describe('the age of a series', () => {
  const dev = { type: '=', name: 'ns', value: 'dev' } as const;
  const app = { type: '=~', name: 'app', value: 'a|b' } as const;
  const labels: Record<number, Labels> = {
    1: Labels.from({ ns: 'dev', app: 'a' }),
    2: Labels.from({ ns: 'dev' }),
    3: Labels.from({ app: 'b' }),
    4: Labels.from({ app: 'c', __tenant_id__: 't' }),
  };
  const from = (rules: RetentionPolicy['rules']) => {
    const ages = new SeriesAges({ keepMs: { logs: 100 * HOUR }, rules: rules! }, (id) =>
      labels[id]!.toBytes(),
    );
    const keepFrom = ages.keepFrom('logs', NOW);
    return [1, 2, 3, 4].map((id) => (NOW - keepFrom(id)) / HOUR);
  };

  test('is the shortest of the rules that match it, else its signal’s', () => {
    const rules = [
      { signal: 'logs', matchers: [dev], keepMs: 20 * HOUR, priority: 1 },
      { signal: 'logs', matchers: [app], keepMs: 5 * HOUR, priority: 1 },
      { signal: 'metrics', matchers: [], keepMs: HOUR, priority: 9 },
    ] as const;
    assert.deepEqual(from(rules), [5, 20, 5, 100]);
  });

  test('is that of the highest priority; 0 is for ever', () => {
    const rules = [
      { signal: 'logs', matchers: [dev], keepMs: 0, priority: 2 },
      { signal: 'logs', matchers: [app], keepMs: 5 * HOUR, priority: 1 },
    ] as const;
    assert.deepEqual(from(rules), [Infinity, Infinity, 5, 100]);
  });

  test('is that of its tenant where no other rule speaks of it', () => {
    const ofTenant = (tenant: string, hours: number) =>
      ({
        signal: 'logs',
        matchers: [tenantMatcher([tenant])],
        keepMs: hours * HOUR,
        priority: -1,
      }) as const;
    const rules = [
      { signal: 'logs', matchers: [app], keepMs: 50 * HOUR, priority: 0 },
      ofTenant('t', 7),
      ofTenant('fake', 9),
    ] as const;
    assert.deepEqual(from(rules), [50, 9, 50, 7]);
  });
});

describe('by size', () => {
  const blocks = [
    block('logs', 9, 8, { bytes: 4 * MB }),
    block('metrics', 30, 1, { bytes: 2 * MB }),
    block('traces', 7, 6),
    block('logs', 5, 4, { bytes: 2 * MB }),
    block('metrics', 3, 2, { bytes: MB }),
  ];
  const dropped = (policy: Omit<RetentionPolicy, 'keepMs'>, live = 0) =>
    blocksOverSize(blocks, { keepMs: {}, ...policy }, live).map((b) => blocks.indexOf(b));

  test('nothing goes without a limit, or below it', () => {
    assert.deepEqual(dropped({}), []);
    assert.deepEqual(dropped({ sizeBytes: { logs: 6 * MB, metrics: 3 * MB }, budgetBytes: 20 * MB }), []);
  });

  test('of a signal, the block that ends first goes', () => {
    assert.deepEqual(dropped({ sizeBytes: { logs: 5 * MB, metrics: 2 * MB } }), [0, 4]);
    assert.deepEqual(dropped({ sizeBytes: { logs: MB } }), [0, 3]);
  });

  test('of the budget four fifths are for blocks; the oldest end goes, whatever its signal', () => {
    assert.deepEqual(dropped({ budgetBytes: 10 * MB }), [0]);
    assert.deepEqual(dropped({ budgetBytes: 7 * MB }), [0, 2]);
    assert.deepEqual(dropped({ budgetBytes: 1 }), [0, 2, 3, 4, 1]);
  });

  test('what a signal’s limit drops counts for the budget', () => {
    assert.deepEqual(dropped({ sizeBytes: { logs: MB }, budgetBytes: 7 * MB }), [0, 3]);
  });

  test('blocks are charged with the rest of the file', () => {
    assert.deepEqual(dropped({ budgetBytes: 20 * MB }, 20 * MB), [0]);
  });

  test('blocks are merged to a small part of a limit', () => {
    const policy = { keepMs: {}, sizeBytes: { logs: 32 * MB }, budgetBytes: 160 * MB };
    assert.equal(blockBytesMax(policy, 'logs'), 2 * MB);
    assert.equal(blockBytesMax(policy, 'metrics'), 10 * MB);
    const many = Array.from({ length: 8 }, (_, i) => block('logs', 10 - i, 9 - i));
    const sizes = planCompaction(many, true, (s) => blockBytesMax(policy, s)).map((g) => g.length);
    assert.deepEqual(sizes, [2, 2, 2, 2]);
  });
});

describe('compaction', () => {
  test('merges what has gathered, of one tenant, partition and level, within what a merge may take', () => {
    const eight = Array.from({ length: 8 }, (_, i) => block('logs', 10 - i, 9 - i));
    assert.deepEqual(planCompaction(eight, false), [eight]);
    assert.deepEqual(planCompaction(eight.slice(1), false), []);
    const other = [...eight.slice(1), block('logs', 1, 0, { tenant: 1 })];
    assert.deepEqual(planCompaction(other, false), []);
    const large = eight.map((b) => ({ ...b, bytes: 3 * MB }));
    assert.deepEqual(
      planCompaction(large, false).map((g) => g.length),
      [2, 2, 2, 2],
    );
  });

  test('takes an eighth of what is stored, on request a third, of metrics more where little is stored', () => {
    const stored = block('traces', 9, 8, { bytes: 800 * MB, partitionMs: 1 });
    const eight = Array.from({ length: 8 }, (_, i) => block('metrics', 10 - i, 9 - i, { bytes: 20 * MB }));
    const sizes = (all: boolean, more: readonly BlockRow[] = []) =>
      planCompaction([...eight, ...more], all).map((g) => g.length);
    assert.deepEqual(sizes(false), [], 'an eighth is one block');
    assert.deepEqual(sizes(false, [stored]), [6, 2]);
    assert.deepEqual(sizes(true), [3, 3, 2]);
    assert.deepEqual(sizes(true, [stored]), [8]);
  });
});

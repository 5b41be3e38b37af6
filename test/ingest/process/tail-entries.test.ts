/** Rules for followed lines, and how much rules may make of a request. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Rewritten } from '../../../src/ingest/process/rewritten.ts';
import { TailEntries } from '../../../src/ingest/process/tail-entries.ts';
import { drop, dropItem, keep, processTelemetry, redact, rule, ruleSet, SECRET, set } from './rules.ts';

const entriesUnder = (...rules: Parameters<typeof rule>[]) =>
  new TailEntries(ruleSet('logs', ...rules.map((r) => rule(...r))), processTelemetry());

describe('followed lines', () => {
  const labels = new Map([
    ['app', 'shop'],
    ['file', SECRET],
  ]);
  const entry = { labels, metadata: new Map([['m', SECRET]]), line: `a ${SECRET}` };

  it('lose what rules take, whatever of them has it', () => {
    const entries = entriesUnder(
      [[drop('file'), redact('text', SECRET)]],
      [[set('env', 'prod')], { m: '.+' }],
    );
    const processed = entries.process(entry, true)!;
    assert.deepEqual(
      [...processed.labels],
      [
        ['app', 'shop'],
        ['env', 'prod'],
      ],
    );
    assert.deepEqual([...processed.metadata], [['m', '****']]);
    assert.equal(processed.line, 'a ****');
    assert.equal(entry.labels.size, 2, 'the labels of the target are its own');
  });

  it('of one target share their labels', () => {
    const entries = entriesUnder([[drop('file')]]);
    assert.equal(
      entries.process(entry, true)!.labels,
      entries.process({ ...entry, line: 'b' }, true)!.labels,
    );
  });

  it('are dropped, and keep a label', () => {
    assert.equal(entriesUnder([[dropItem], { app: 'shop' }]).process(entry, true), undefined);
    const bare = entriesUnder([[keep('nothing')]]).process(entry, false)!;
    assert.deepEqual([...bare.labels], [['service_name', 'unknown_service']]);
  });
});

describe('what rules make of a request', () => {
  it('is bounded', () => {
    const rewritten = new Rewritten(new Uint8Array(10));
    const piece = new Uint8Array(16 * 1024 * 1024);
    assert.equal(rewritten.add(new Uint8Array(3)), 10);
    for (let i = 0; i < 3; i++) rewritten.add(piece);
    assert.throws(
      () => {
        for (let i = 0; i < 3; i++) rewritten.add(piece);
      },
      { kind: 'too_large' },
    );
  });
});

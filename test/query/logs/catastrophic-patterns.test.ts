/**
 * Patterns over which a backtracking engine would ponder for longer than the universe is old, in every place of LogQL that takes
 * one, over a line that nearly matches. That the queries end at all is what is shown: the work is linear in the line.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Labels } from '../../../src/model/labels.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryLogs } from '../../storage/memory-logs.ts';
import { answer } from '../loki-golden-suite.ts';

const START_MS = Date.UTC(2026, 0, 1);
/** Every one of these takes 2^n steps or more where branches are tried one after the other. */
const LINE = `${'a'.repeat(5000)}!`;
const PATTERNS = [
  '(a+)+$',
  '(a|aa)+$',
  '(a*)*b',
  '(.*)*x',
  '(a|a?)+b',
  '(?:(?:a*)*)*c',
  '([a-z]+)*[0-9]',
  '(a?){30}a{30}b',
];
/** Many pieces that each might begin anywhere. */
const PIECES = `${Array.from({ length: 40 }, (_, i) => `<p${i}>a`).join('')}<rest>`;

const logs = new MemoryLogs();
// Values of labels are no longer than this.
logs.add(Labels.from({ app: 'x', long: LINE.slice(-2000) }), START_MS, 0, LINE);
const storage = { logs } as unknown as StorageReader;

async function ask(query: string, instant = false): Promise<{ status: number; body: unknown }> {
  const time: [string, string][] = instant
    ? [['time', String(START_MS / 1000 + 1)]]
    : [
        ['start', String(START_MS / 1000)],
        ['end', String(START_MS / 1000 + 60)],
      ];
  const path = `/loki/api/v1/query${instant ? '' : '_range'}`;
  const got = await answer(storage, { method: 'GET', path, query: [['query', query], ...time] });
  assert.ok(got);
  return got;
}

const quoted = (text: string) => JSON.stringify(text);
/** Of one that names a group, as `| regexp` wants it. */
const named = (pattern: string) => quoted(`(?P<found>${pattern})`);

const LOG_PLACES: Readonly<Record<string, (pattern: string) => string>> = {
  'line filter': (p) => `{app="x"} |~ ${quoted(p)}`,
  'negative line filter': (p) => `{app="x"} !~ ${quoted(p)}`,
  selector: (p) => `{app="x", long=~${quoted(p)}}`,
  'label filter': (p) => `{app="x"} | long=~${quoted(p)} or long!~${quoted(`x${p}`)}`,
  'drop and keep': (p) => `{app="x"} | drop long=~${quoted(p)} | keep app, long=~${quoted(p)}`,
  'regexp stage': (p) => `{app="x"} | regexp ${named(p)}`,
  template: (p) => `{app="x"} | line_format ${quoted(`{{regexReplaceAll ${quoted(p)} __line__ "<$1>"}}`)}`,
  'template, literally': (p) =>
    `{app="x"} | line_format ${quoted(`{{regexReplaceAllLiteral ${quoted(p)} __line__ "-"}}`)}`,
  'counting template': (p) => `{app="x"} | label_format n=${quoted(`{{count ${quoted(p)} __line__}}`)}`,
};

describe('catastrophic patterns end', () => {
  for (const [place, queryOf] of Object.entries(LOG_PLACES)) {
    test(`in a ${place}`, async () => {
      for (const pattern of PATTERNS) {
        const { status, body } = await ask(queryOf(pattern));
        assert.equal(status, 200, `${pattern}: ${JSON.stringify(body).slice(0, 200)}`);
      }
    });
  }

  test('in label_replace', async () => {
    for (const pattern of PATTERNS) {
      const query = `label_replace(count_over_time({app="x"}[1m]), "new", "$1", "long", ${quoted(pattern)})`;
      assert.equal((await ask(query, true)).status, 200, pattern);
    }
  });

  test('in a pattern stage and a pattern filter', async () => {
    for (const query of [
      `{app="x"} | pattern ${quoted(PIECES)}`,
      `{app="x"} |> ${quoted(PIECES.replace(/<\w+>/g, '<_>'))}`,
      `{app="x"} !> ${quoted(`${'<_>aa'.repeat(200)}<_>b`)}`,
    ]) {
      assert.equal((await ask(query)).status, 200, query.slice(0, 60));
    }
  });

  test('in colours that never end', async () => {
    logs.add(Labels.from({ app: 'colours' }), START_MS, 0, `\u001b[${'1;'.repeat(20_000)}`);
    assert.equal((await ask('{app="colours"} | decolorize')).status, 200);
  });
});

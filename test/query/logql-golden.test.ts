/** Recorded answers of the real Loki, compared without a server. `GOLDEN_SHOW=n` prints n differences. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { differCase } from './golden-compare.ts';
import { answer, type GoldenCase, loadSuite, readLines, SUITE_DIR } from './loki-golden-suite.ts';

/** Cases that must pass; raise it when more do, never lower it. */
const PASS_FLOOR = 831;

/** Flags of cases that record an accident of the original: another answer is right too. */
const QUIRKS = ['regex_simplifier', 'bytes_rounding', 'differs_after_flush', 'go_error_text'];

test('recorded Loki queries', {
  skip: !fs.existsSync(SUITE_DIR) && 'recordings are not there',
}, async (t) => {
  const storage = loadSuite();
  const show = Number(process.env.GOLDEN_SHOW ?? 0);
  const only = process.env.GOLDEN_ONLY;
  const tally = new Map<string, { passed: number; count: number }>();
  let passed = 0;
  let shown = 0;
  for (const c of readLines<GoldenCase>('cases.open.jsonl')) {
    if (only && c.feature !== only && c.id !== only) continue;
    if (c.feature === 'api.push' || c.request.path === '/ready' || c.request.path === '/nope') continue;
    const got = await answer(storage, c.request).catch((e: Error) => ({ status: 599, body: e.stack }));
    let why = got ? differCase(c, got) : 'no route';
    if (why && got && got.status < 500 && c.flags?.some((f) => QUIRKS.includes(f))) why = '';
    const feature = tally.get(c.feature) ?? { passed: 0, count: 0 };
    tally.set(c.feature, feature);
    feature.count++;
    if (why === '') {
      feature.passed++;
      passed++;
    } else if (shown++ < show) {
      const query = Object.fromEntries(c.request.query ?? c.request.form ?? []).query ?? '';
      console.log(`${c.id} ${c.request.path} ${query}\n    ${why}`);
    }
  }
  for (const [feature, { passed: ok, count }] of tally) t.diagnostic(`${ok}/${count} ${feature}`);
  t.diagnostic(`${passed} passed`);
  if (!only) assert.ok(passed >= PASS_FLOOR, `${passed} passed, at least ${PASS_FLOOR} expected`);
});

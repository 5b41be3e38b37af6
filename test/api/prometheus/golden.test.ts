/**
 * The recorded Prometheus answers about parameters, texts, labels and envelopes. (What depends on evaluation is
 * replayed with the engine's tests.)
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openEngine, tempDir, withReader } from '../../storage/local-engine.ts';
import { answerCase, difference, goldenCases, ingestGolden } from './golden-replay.ts';

const FEATURES = new Set([
  'exemplars',
  'format_query',
  'label_values',
  'labels',
  'limit',
  'main_format',
  'param_errors',
  'parse_errors',
  'parse_query',
  'post_form',
  'scalar_expr',
  'series',
  'strings',
  'time_formats',
]);

/** Answers that only record an accident of the original. */
const ACCIDENTS = new Map([['param_errors-026', 'a redirect of the router for a double slash']]);

const cases = goldenCases('prometheus');

describe('recorded Prometheus answers', { skip: cases === undefined && 'no recorded suite' }, async () => {
  if (!cases) return;
  const all = [...cases, ...(goldenCases('prometheus-main') ?? [])].filter((c) => FEATURES.has(c.feature));
  const dir = tempDir();
  const storage = await openEngine(dir);
  await ingestGolden('prometheus', storage.metrics);
  for (const recorded of all) {
    const { id, request } = recorded;
    const skip = ACCIDENTS.get(id) ?? false;
    test(`${id} ${JSON.stringify(request.query ?? request.form)}`, { skip }, async () => {
      const answer = await withReader(storage, dir, (reader) => answerCase(recorded, reader));
      assert.ok(answer, `no route for ${request.method} ${request.path}`);
      assert.equal(difference(recorded, answer), '');
    });
  }
  test('closing', () => storage.close());
});

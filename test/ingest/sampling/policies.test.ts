/** What each policy says of a trace. The rows are as the collector's processor decides (test/differential/sampling). */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ManualClock } from '../../scrape/manual-clock.ts';
import { type MadeSpan, openSampler, requestOf, samplingOf, traceId } from './traces.ts';

const NOW_MS = 1_700_000_000_000;
const BASE_NS = BigInt(NOW_MS) * 1_000_000n;
const id = traceId(1);
const span = (fields: Partial<MadeSpan> = {}): MadeSpan => ({ trace: id, span: 1, ...fields });
const lasting = (ms: number) => span({ startNs: BASE_NS, endNs: BASE_NS + BigInt(ms) * 1_000_000n });
const having = (attributes: MadeSpan['attributes']) => span({ attributes: attributes! });
const text = (stringValue: string) => ({ stringValue });
const int = (n: number) => ({ intValue: String(n) });

/** Whether a trace of these spans, each with a request of its own, is kept. */
async function isKept(policies: string, spans: readonly MadeSpan[], more = ''): Promise<boolean> {
  const config = await samplingOf(`{policies: [${policies}]${more}}`);
  const { sampler, kept, send } = await openSampler(config, new ManualClock(NOW_MS));
  for (const s of spans) await send(requestOf([{ scopes: [[s]] }]));
  await sampler.decideAll();
  await sampler.close();
  return kept.batches.length > 0;
}

const one = (type: string, settings: string) => `{name: p, type: ${type}, ${type}: ${settings}}`;
const inverted = (key: string) => one('string_attribute', `{key: ${key}, values: [x], invert_match: true}`);
const both = '{name: a, type: always_sample}, ';

const ROWS: readonly (readonly [policies: string, spans: readonly MadeSpan[], kept: boolean])[] = [
  ['{name: p, type: always_sample}', [span()], true],
  [one('latency', '{threshold_ms: 1000}'), [lasting(1001)], true],
  [one('latency', '{threshold_ms: 1000}'), [lasting(1000)], false],
  [one('latency', '{threshold_ms: 1000, upper_threshold_ms: 2000}'), [lasting(2001)], false],
  // From the first start to the last end, over all requests.
  [
    one('latency', '{threshold_ms: 1000}'),
    [lasting(1), span({ startNs: BASE_NS + 1_001_000_000n, endNs: BASE_NS + 1_001_000_000n })],
    true,
  ],
  // Ends before it starts.
  [one('latency', '{threshold_ms: 0}'), [span({ startNs: BASE_NS, endNs: BASE_NS - 5_000_000_000n })], false],
  [one('status_code', '{status_codes: [ERROR]}'), [span(), span({ status: 2 })], true],
  [one('status_code', '{status_codes: [OK]}'), [span(), span({ status: 2 })], false],
  [one('status_code', '{status_codes: [UNSET]}'), [span()], true],
  [one('span_count', '{min_spans: 2, max_spans: 3}'), [span()], false],
  [one('span_count', '{min_spans: 2, max_spans: 3}'), [span(), span()], true],
  [one('span_count', '{min_spans: 2}'), [span(), span(), span(), span()], true],
  ['{name: p, type: trace_flags}', [span({ flags: 0x101 })], true],
  ['{name: p, type: trace_flags}', [span({ flags: 0x100 })], false],
  [one('trace_state', '{key: k, values: [v]}'), [span({ traceState: 'a=b, k=v' })], true],
  // Malformed as a whole.
  [one('trace_state', '{key: k, values: [v]}'), [span({ traceState: 'A=b,k=v' })], false],
  [one('string_attribute', '{key: a, values: [x, y]}'), [span(), having({ a: text('y') })], true],
  [one('string_attribute', '{key: a, values: [x, y]}'), [having({ a: int(1), b: text('y') })], false],
  [
    one('string_attribute', '{key: a, values: ["^/h", z], enabled_regex_matching: true}'),
    [having({ a: text('/health') })],
    true,
  ],
  [
    one('string_attribute', '{key: a, values: ["^h"], enabled_regex_matching: true}'),
    [having({ a: text('/health') })],
    false,
  ],
  [inverted('a'), [having({ a: text('x') })], false],
  [inverted('a'), [span()], true],
  [one('numeric_attribute', '{key: a, min_value: 400, max_value: 500}'), [having({ a: int(500) })], true],
  [one('numeric_attribute', '{key: a, min_value: 400, max_value: 500}'), [having({ a: int(501) })], false],
  [one('numeric_attribute', '{key: a, max_value: 5}'), [having({ a: int(-9) })], true],
  [one('boolean_attribute', '{key: a, value: true}'), [having({ a: { boolValue: true } })], true],
  [one('boolean_attribute', '{key: a, value: true}'), [having({ a: text('true') })], false],
  [one('probabilistic', '{sampling_percentage: 100}'), [span()], true],
  [one('probabilistic', '{sampling_percentage: 0}'), [span()], false],
  [one('not', '{not_sub_policy: {name: q, type: always_sample}}'), [span()], false],
  [
    one('and', '{and_sub_policy: [{name: q, type: always_sample}, {name: r, type: trace_flags}]}'),
    [span()],
    false,
  ],
  // A drop outweighs whatever speaks for the trace, wherever it stands in the list.
  [both + one('drop', '{drop_sub_policy: [{name: q, type: always_sample}]}'), [span()], false],
  [both + one('drop', '{drop_sub_policy: [{name: q, type: trace_flags}]}'), [span()], true],
  [one('rate_limiting', '{spans_per_second: 1}'), [span(), span()], true],
  [one('rate_limiting', '{spans_per_second: 1}'), [span(), span(), span()], false],
  [one('bytes_limiting', '{bytes_per_second: 1000}'), [span()], true],
  [one('bytes_limiting', '{bytes_per_second: 10}'), [span()], false],
];

describe('a policy', () => {
  for (const [policies, spans, kept] of ROWS) {
    test(`${policies} ${kept ? 'keeps' : 'does not keep'} ${spans.length} spans`, async () => {
      assert.equal(await isKept(policies, spans), kept);
    });
  }
});

test("an inverted policy vetoes where older collectors' decisions are asked for", async () => {
  const policies = both + inverted('a');
  const spans = [having({ a: text('x') })];
  assert.equal(await isKept(policies, spans), true);
  assert.equal(await isKept(policies, spans, ', inverted_decisions: true'), false);
  assert.equal(await isKept(inverted('a'), [span()], ', inverted_decisions: true'), true);
  assert.equal(
    await isKept(`${inverted('a')}, {name: t, type: trace_flags}`, [span()], ', inverted_decisions: true'),
    false,
  );
});

test('a rate fills again, up to its burst', async () => {
  const config = await samplingOf(
    `{decision_wait: 1s, policies: [${one('rate_limiting', '{spans_per_second: 2, burst_capacity: 3}')}]}`,
  );
  const clock = new ManualClock(NOW_MS);
  const { sampler, kept, send } = await openSampler(config, clock);
  const decide = async (n: number, spans: number) => {
    await send(
      requestOf([
        { scopes: [Array.from({ length: spans }, (_, i) => ({ trace: traceId(n), span: i + 1 }))] },
      ]),
    );
    await sampler.decideAll();
    return kept.spans.has(traceId(n));
  };
  assert.equal(await decide(1, 4), false, 'more than the burst');
  assert.equal(await decide(2, 3), true);
  assert.equal(await decide(3, 1), false, 'empty');
  await clock.advance(500);
  assert.equal(await decide(4, 1), true);
  await clock.advance(60_000);
  assert.equal(await decide(5, 3), true);
  assert.equal(await decide(6, 1), false, 'it does not fill above the burst');
  await sampler.close();
});

test('a composite gives each part its share of a second', async () => {
  const parts =
    '[{name: x, type: string_attribute, string_attribute: {key: a, values: [x]}}, {name: rest, type: always_sample}]';
  const settings = `{max_total_spans_per_second: 4, policy_order: [x, rest], composite_sub_policy: ${parts}, rate_allocation: [{policy: x, percent: 75}, {policy: rest, percent: 25}]}`;
  const config = await samplingOf(`{policies: [${one('composite', settings)}]}`);
  const clock = new ManualClock(NOW_MS);
  const { sampler, kept, send } = await openSampler(config, clock);
  const decide = async (n: number, attributes: MadeSpan['attributes'] = {}) => {
    await send(requestOf([{ scopes: [[{ trace: traceId(n), span: 1, attributes }]] }]));
    await sampler.decideAll();
    return kept.spans.has(traceId(n));
  };
  const x = { a: text('x') };
  assert.deepEqual(
    [await decide(1, x), await decide(2, x), await decide(3, x), await decide(4, x)],
    [true, true, true, false],
  );
  assert.deepEqual([await decide(5), await decide(6)], [true, false]);
  await clock.advance(1000);
  assert.deepEqual([await decide(7, x), await decide(8), await decide(9)], [true, true, false]);
  await sampler.close();
});

/** `trilite.tail_sampling`: the collector's block as it is, its defaults, and where it is wrong. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfigFile } from '../../src/config/file.ts';

const indented = (text: string) => text.replace(/^/gm, '    ');
const parse = (block: string) =>
  parseConfigFile('c.yml', `trilite:\n  tail_sampling:\n${indented(block)}\n`, {});
const policy = (text: string) => `policies:\n  - ${text}\n`;
const rejects = (block: string, message: RegExp) => assert.rejects(parse(block), message);

describe('tail sampling', () => {
  it('is off where nothing is said of it', async () => {
    assert.equal((await parseConfigFile('c.yml', 'trilite: {}\n', {})).tailSampling, undefined);
  });

  it("has the collector's defaults", async () => {
    const { tailSampling, warnings } = await parse(policy('{name: all, type: always_sample}'));
    assert.deepEqual(tailSampling, {
      decisionWaitMs: 30_000,
      rootWaitMs: 0,
      tracesMax: 50_000,
      sampledCacheSize: 0,
      nonSampledCacheSize: 0,
      bytesMax: undefined,
      traceBytesMax: 0,
      policies: [{ name: 'all', rule: { type: 'always_sample' } }],
      firstMatch: false,
      invertedDecisions: false,
      dropsPendingAtStop: false,
    });
    assert.deepEqual(warnings, []);
  });

  it("takes a collector's block as it is", async () => {
    const { tailSampling: sampling, warnings } = await parse(`
decision_wait: 1m30s
decision_wait_after_root_received: 500ms
num_traces: 100_000
expected_new_traces_per_sec: 10
num_shards: 4
block_on_overflow: true
sampling_strategy: trace-complete
sample_on_first_match: true
maximum_trace_size_bytes: 1_000_000
decision_cache: {sampled_cache_size: 200_000, non_sampled_cache_size: 300_000}
policies:
  [
    {name: slow, type: latency, latency: {threshold_ms: 1000, upper_threshold_ms: 5000}},
    {name: number, type: numeric_attribute, numeric_attribute: {key: n, min_value: -50, invert_match: true}},
    {name: some, type: probabilistic, probabilistic: {sampling_percentage: 0.5, hash_salt: s}},
    {name: errors, type: status_code, status_code: {status_codes: [ERROR, UNSET]}},
    {name: regex, type: string_attribute, string_attribute: {key: k, values: [a, b.*], enabled_regex_matching: true, cache_max_size: 10}},
    {name: rate, type: rate_limiting, rate_limiting: {spans_per_second: 35}},
    {name: bytes, type: bytes_limiting, bytes_limiting: {bytes_per_second: 1024, burst_capacity: 5000}},
    {name: count, type: span_count, span_count: {min_spans: 2, max_spans: 20}},
    {name: state, type: trace_state, trace_state: {key: k, values: [v]}},
    {name: flags, type: trace_flags},
    {name: boolean, type: boolean_attribute, boolean_attribute: {key: k, value: true}},
    {name: both, type: and, and: {and_sub_policy: [{name: x, type: always_sample}, {name: y, type: not, not: {not_sub_policy: {name: z, type: trace_flags}}}]}},
    {name: none, type: drop, drop: {drop_sub_policy: [{name: x, type: trace_flags}]}},
    {
      name: shares,
      type: composite,
      composite:
        {
          max_total_spans_per_second: 1000,
          policy_order: [a, b, c],
          composite_sub_policy: [{name: a, type: trace_flags}, {name: b, type: always_sample}, {name: c, type: always_sample}],
          rate_allocation: [{policy: a, percent: 50}, {policy: b, percent: 25}],
        },
    },
  ]
`);
    assert.equal(sampling!.decisionWaitMs, 90_000);
    assert.equal(sampling!.rootWaitMs, 500);
    assert.equal(sampling!.tracesMax, 100_000);
    assert.deepEqual([sampling!.sampledCacheSize, sampling!.nonSampledCacheSize], [200_000, 300_000]);
    assert.equal(sampling!.traceBytesMax, 1_000_000);
    assert.equal(sampling!.firstMatch, true);
    const rules = new Map(sampling!.policies.map((p) => [p.name, p.rule]));
    assert.equal(rules.size, 14);
    assert.deepEqual(rules.get('number'), {
      type: 'numeric_attribute',
      key: 'n',
      invert: true,
      min: -50n,
      max: undefined,
    });
    assert.deepEqual(rules.get('rate'), { type: 'rate_limiting', perSecond: 35, burst: 70 });
    assert.deepEqual(rules.get('errors'), { type: 'status_code', codes: [2, 0] });
    const shares = rules.get('shares');
    assert.ok(shares?.type === 'composite');
    assert.deepEqual(
      shares.policies.map((p) => p.spansPerSecond),
      [500, 250, 333],
    );
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /^c\.yml:9:24: trilite\.tail_sampling\.block_on_overflow is ignored/);
  });

  it('has keys of its own', async () => {
    const { tailSampling } = await parse(
      `max_bytes: 64MB\ninverted_decisions: true\n${policy('{name: all, type: always_sample}')}`,
    );
    assert.equal(tailSampling!.bytesMax, 64 * 1024 * 1024);
    assert.equal(tailSampling!.invertedDecisions, true);
  });

  it('says where it is wrong', async () => {
    await rejects(
      'num_traces: 5',
      /^ConfigError: c\.yml:3:5: trilite\.tail_sampling: "policies" is missing$/,
    );
    await rejects('policies: []', /^ConfigError: c\.yml:3:15: trilite\.tail_sampling\.policies: is empty/);
    await rejects(
      'decision_wate: 5s',
      /^ConfigError: c\.yml:3:5: unknown key "decision_wate" in trilite\.tail_sampling; did you mean "decision_wait"\?$/,
    );
    await rejects(
      policy('{name: p, type: latencie}'),
      /c\.yml:4:25: .*policies\[0\]\.type: expected one of always_sample, /,
    );
    await rejects(
      policy('{name: p, type: latency, latency: {threshold: 5}}'),
      /c\.yml:4:44: unknown key "threshold" in .*latency/,
    );
    await rejects(policy('{name: p, type: latency}'), /"latency" is missing/);
    await rejects(policy('{type: always_sample}'), /"name" is missing/);
    await rejects(
      policy('{name: p, type: always_sample, latency: {}}'),
      /latency: has no meaning in a policy of type always_sample/,
    );
    await rejects(
      policy('{name: p, type: always_sample}\n  - {name: p, type: trace_flags}'),
      /policies\[1\]: another policy has the name "p"/,
    );
    await rejects(
      policy(
        '{name: p, type: string_attribute, string_attribute: {key: k, values: ["("], enabled_regex_matching: true}}',
      ),
      /values\[0\]: .*missing/,
    );
    await rejects(
      policy('{name: p, type: numeric_attribute, numeric_attribute: {key: k, min_value: 0}}'),
      /needs min_value or max_value/,
    );
    await rejects(
      policy('{name: p, type: status_code, status_code: {status_codes: [FAILED]}}'),
      /expected one of UNSET, OK, ERROR, got "FAILED"/,
    );
    await rejects(
      policy('{name: p, type: and, and: {and_sub_policy: [{name: q, type: drop, drop: {}}]}}'),
      /and_sub_policy\[0\]\.type: expected one of/,
    );
    await rejects(
      policy(
        '{name: p, type: composite, composite: {composite_sub_policy: [{name: a, type: always_sample}], policy_order: [b]}}',
      ),
      /policy_order\[0\]: names no policy of composite_sub_policy/,
    );
    await rejects(
      policy('{name: p, type: ottl_condition, ottl_condition: {span: []}}'),
      /c\.yml:4:25: .*ottl_condition is not supported/,
    );
    await rejects('sampling_strategy: span-ingest', /span-ingest is not supported/);
    await rejects('tail_storage: file', /tail_storage: is not supported/);
    await rejects(
      `num_traces: many\n${policy('{name: p, type: trace_flags}')}`,
      /num_traces: expected a whole number, not negative, got "many"/,
    );
  });
});

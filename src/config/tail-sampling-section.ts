/**
 * `trilite.tail_sampling`: the block of the collector's tail sampling processor as it is, and keys of Trilite's own. What
 * the collector knows and has no meaning here is named in a warning; any other key is an error.
 */

import {
  DEFAULT_DECISION_WAIT_MS,
  DEFAULT_TRACES_MAX,
  type TailSamplingConfig,
} from '../ingest/sampling/sampling-config.ts';
import { readPolicies, underscored } from './sampling-policy-section.ts';
import type { Warnings } from './warnings.ts';
import type { YamlNode } from './yaml-node.ts';

/** Of the collector: how it goes about its work, which changes no decision. */
const IDLE_KEYS: readonly string[] = ['expected_new_traces_per_sec', 'num_shards'];
const KEYS: readonly string[] = [
  ...['decision_wait', 'decision_wait_after_root_received', 'num_traces', 'decision_cache', 'policies'],
  ...['sampling_strategy', 'sample_on_first_match', 'drop_pending_traces_on_shutdown'],
  ...['maximum_trace_size_bytes', 'tail_storage', 'max_bytes', 'inverted_decisions'],
  ...IDLE_KEYS,
  'block_on_overflow',
];

export function readTailSampling(node: YamlNode, warnings: Warnings): TailSamplingConfig {
  const fields = node.fields(KEYS);
  for (const key of IDLE_KEYS) fields.read(key, underscored, 0);
  const blocks = fields.get('block_on_overflow');
  if (blocks?.boolean())
    warnings.add(blocks, 'is ignored: where there are too many traces the oldest are decided early');
  fields.get('tail_storage')?.fail('is not supported: spans that wait are in the database');
  const strategy = fields.get('sampling_strategy');
  if (strategy?.oneOf(['trace-complete', 'span-ingest']) === 'span-ingest')
    strategy.fail('span-ingest is not supported: traces are decided as a whole (trace-complete)');
  const policiesNode = fields.require('policies');
  const policies = readPolicies(policiesNode);
  if (policies.length === 0) policiesNode.fail('is empty: no trace would be kept');
  const cache = fields.get('decision_cache')?.fields(['sampled_cache_size', 'non_sampled_cache_size']);
  const flag = (key: string) => fields.read(key, (v) => v.boolean(), false);
  return {
    decisionWaitMs: fields.read('decision_wait', (v) => v.anyDurationMs(), DEFAULT_DECISION_WAIT_MS),
    rootWaitMs: fields.read('decision_wait_after_root_received', (v) => v.anyDurationMs(), 0),
    tracesMax: fields.read('num_traces', underscored, DEFAULT_TRACES_MAX),
    sampledCacheSize: cache?.read('sampled_cache_size', underscored, 0) ?? 0,
    nonSampledCacheSize: cache?.read('non_sampled_cache_size', underscored, 0) ?? 0,
    bytesMax: fields.read('max_bytes', (v) => v.sizeBytes(), undefined),
    traceBytesMax: fields.read('maximum_trace_size_bytes', underscored, 0),
    policies,
    firstMatch: flag('sample_on_first_match'),
    invertedDecisions: flag('inverted_decisions'),
    dropsPendingAtStop: flag('drop_pending_traces_on_shutdown'),
  };
}

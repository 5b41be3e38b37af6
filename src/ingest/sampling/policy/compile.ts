/** Makes policies of what the configuration says of them. */

import { compileSearch } from '../../../model/regex.ts';
import { AttributeFinder } from '../attribute-finder.ts';
import type { PolicyConfig } from '../sampling-config.ts';
import { AttributePolicy, type FoundTest, isBoolean, isOneOf, isWithin, matchesAny } from './attribute.ts';
import { AndPolicy, CompositePolicy, NotPolicy } from './combined.ts';
import { LatencyPolicy } from './latency.ts';
import type { Policy } from './policy.ts';
import { ProbabilisticPolicy } from './probabilistic.ts';
import { RatePolicy, requestBytes, spansOf } from './rate.ts';
import { AlwaysPolicy, SpanCountPolicy, StatusCodePolicy, TraceFlagsPolicy } from './span-policies.ts';
import { TraceStatePolicy } from './trace-state.ts';

/** Throws `TriliteError` where a pattern is malformed, which the configuration has looked after. */
export function compilePolicy({ rule }: PolicyConfig, invertedDecisions: boolean): Policy {
  const part = (config: PolicyConfig) => compilePolicy(config, invertedDecisions);
  const attribute = (key: string, invert: boolean, fits: FoundTest) =>
    new AttributePolicy(new AttributeFinder(key), fits, invert, invertedDecisions);
  switch (rule.type) {
    case 'always_sample':
      return new AlwaysPolicy();
    case 'trace_flags':
      return new TraceFlagsPolicy();
    case 'latency':
      return new LatencyPolicy(rule.thresholdMs, rule.upperThresholdMs);
    case 'probabilistic':
      return new ProbabilisticPolicy(rule.percentage, rule.salt);
    case 'status_code':
      return new StatusCodePolicy(rule.codes);
    case 'span_count':
      return new SpanCountPolicy(rule.min, rule.max);
    case 'trace_state':
      return new TraceStatePolicy(rule.key, rule.values);
    case 'rate_limiting':
      return new RatePolicy(rule.perSecond, rule.burst, spansOf);
    case 'bytes_limiting':
      return new RatePolicy(rule.perSecond, rule.burst, requestBytes);
    case 'numeric_attribute':
      return attribute(rule.key, rule.invert, isWithin(rule.min, rule.max));
    case 'boolean_attribute':
      return attribute(rule.key, rule.invert, isBoolean(rule.value));
    case 'string_attribute': {
      const { values, isRegex, cacheSize } = rule;
      const fits = isRegex ? matchesAny(values.map(compileSearch), cacheSize) : isOneOf(values);
      return attribute(rule.key, rule.invert, fits);
    }
    case 'and':
      return new AndPolicy(rule.policies.map(part));
    case 'drop':
      return new AndPolicy(rule.policies.map(part), 'dropped');
    case 'not':
      return new NotPolicy(part(rule.policy));
    case 'composite':
      return new CompositePolicy(
        rule.policies.map(({ policy, spansPerSecond }) => ({ policy: part(policy), spansPerSecond })),
        rule.spansPerSecond,
      );
  }
}

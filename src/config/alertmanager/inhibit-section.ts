/** `inhibit_rules` of an `alertmanager.yml`. */

import type { InhibitRuleConfig } from '../../alertmanager/alertmanager-config.ts';
import type { YamlNode } from '../yaml-node.ts';
import { readMatchers } from './matchers-section.ts';

const KEYS: readonly string[] = [
  'name',
  'source_match',
  'source_match_re',
  'source_matchers',
  'target_match',
  'target_match_re',
  'target_matchers',
  'equal',
];

export function readInhibitRules(node: YamlNode): InhibitRuleConfig[] {
  return node.list().map((item) => {
    const fields = item.fields(KEYS);
    const side = (name: 'source' | 'target') =>
      readMatchers(fields, {
        equal: `${name}_match`,
        pattern: `${name}_match_re`,
        matchers: `${name}_matchers`,
      });
    return {
      name: fields.read('name', (v) => v.string(), ''),
      sourceMatchers: side('source'),
      targetMatchers: side('target'),
      equal: fields.read('equal', readEqual, []),
    };
  });
}

function readEqual(node: YamlNode): readonly string[] {
  return node.list().map((item) => {
    const name = item.string();
    return name === '' ? item.fail('invalid label name "" in equal list') : name;
  });
}

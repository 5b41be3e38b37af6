/** A PrometheusRule as a file of rule groups, to be read and checked as one that a configuration names. */

import type { PrometheusRule } from './resources.ts';

/** What files of rules may be called: it stands in `/api/v1/rules` and keeps groups of one name apart. */
export function ruleNamespace({ metadata }: PrometheusRule): string {
  return `prometheusRule/${metadata.namespace}/${metadata.name}`;
}

/** Of what a resource may say, what a file of Prometheus' has: the rest is of other programs. */
const GROUP_KEYS: readonly string[] = ['name', 'labels', 'interval', 'query_offset', 'limit'];
const RULE_KEYS: readonly string[] = [
  ...['record', 'alert', 'expr', 'for', 'keep_firing_for', 'labels', 'annotations'],
];

type Fields = Readonly<Record<string, unknown>>;

/** JSON, which is YAML. */
export function ruleFileText({ spec }: PrometheusRule): string {
  const groups = (spec.groups ?? []).map((group) => {
    const rules = (group.rules as readonly Fields[] | undefined) ?? [];
    return { ...chosen(group, GROUP_KEYS), rules: rules.map((rule) => chosen(rule, RULE_KEYS)) };
  });
  return JSON.stringify({ groups });
}

/** An empty duration was not said, as the Operator has it; neither was any other empty text of those keys. */
function chosen(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = fields[key];
      return value === undefined || value === null || value === '' ? [] : [[key, value]];
    }),
  );
}

/** Faults without their places in the text that was made, which nobody has seen: `FILE: 1:17: ` before each. */
export function withoutPlaces(faults: string, file: string): string {
  return faults
    .split('\n')
    .map((line) =>
      line.startsWith(`${file}:`) ? line.slice(file.length + 1).replace(/^ ?(?:\d+:\d+: )+/, '') : line,
    )
    .join('; ');
}

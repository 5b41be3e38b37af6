/** Rules of metrics and of logs as one list: which of them a filter finds, and which alerts stand how. */

import type {
  Alert,
  AlertingRule,
  AlertState,
  Rule,
  RuleGroup,
  RuleLanguage,
} from '../../api/status-answers.ts';
import { findsWords } from '../../parts/filter-words.ts';

export interface OwnedGroup extends RuleGroup {
  readonly language: RuleLanguage;
}

/** Groups with those of their rules that fit; none without any. */
export function filterGroups(
  groups: readonly OwnedGroup[],
  words: string,
  healths: readonly string[],
): readonly OwnedGroup[] {
  if (words === '' && healths.length === 0) return groups;
  return groups.flatMap((group) => {
    const rules = group.rules.filter(
      (rule) =>
        (healths.length === 0 || healths.includes(rule.health)) && findsWords(words, searchedOf(rule, group)),
    );
    return rules.length === 0 ? [] : [{ ...group, rules }];
  });
}

function searchedOf(rule: Rule, group: RuleGroup) {
  return {
    texts: [rule.name, rule.query, rule.lastError, group.name, group.file],
    labels: rule.type === 'alerting' ? [rule.labels, rule.annotations] : [rule.labels],
  };
}

export type HealthCounts = Readonly<Record<Rule['health'], number>>;

export function countHealth(groups: readonly RuleGroup[]): HealthCounts {
  const out = { ok: 0, err: 0, unknown: 0 };
  for (const { rules } of groups) for (const { health } of rules) out[health]++;
  return out;
}

/** The most urgent first. */
export const STATES: readonly AlertState[] = ['firing', 'pending', 'unknown', 'inactive'];

/** An alerting rule with what it belongs to. */
export interface OwnedAlerting {
  /** Names it in the address. */
  readonly key: string;
  readonly rule: AlertingRule;
  readonly group: OwnedGroup;
}

/** All alerting rules, the most urgent first; within a state as their files have them. */
export function alertingRules(groups: readonly OwnedGroup[]): readonly OwnedAlerting[] {
  const all = groups.flatMap((group) =>
    group.rules.flatMap((rule, i) =>
      rule.type === 'alerting' ? [{ key: `${group.name}/${rule.name}/${i}`, rule, group }] : [],
    ),
  );
  return all.sort((a, b) => STATES.indexOf(a.rule.state) - STATES.indexOf(b.rule.state));
}

/** Rules whose state is among the chosen and that the words find, in themselves or in their active alerts. */
export function filterAlerting(
  all: readonly OwnedAlerting[],
  words: string,
  chosen: readonly string[],
): readonly OwnedAlerting[] {
  return all.filter(({ rule, group }) => {
    if (chosen.length > 0 && !chosen.includes(rule.state)) return false;
    const own = searchedOf(rule, group);
    const active = (rule.alerts ?? []).flatMap(({ labels, annotations }) => [labels, annotations]);
    return findsWords(words, { texts: own.texts, labels: [...own.labels, ...active] });
  });
}

/** How many rules there are of each state. */
export function countStates(all: readonly OwnedAlerting[]): Readonly<Record<AlertState, number>> {
  const out = { firing: 0, pending: 0, unknown: 0, inactive: 0 };
  for (const { rule } of all) out[rule.state]++;
  return out;
}

/** Firing ones first, then the newest. */
export function sortedAlerts(alerts: readonly Alert[]): readonly Alert[] {
  return [...alerts].sort(
    (a, b) =>
      STATES.indexOf(a.state) - STATES.indexOf(b.state) || Date.parse(b.activeAt) - Date.parse(a.activeAt),
  );
}

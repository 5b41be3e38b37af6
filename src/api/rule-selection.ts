/** Which of the rule groups a request wants to see: filters by name, file, kind and labels, and page by page. */

import { createHash } from 'node:crypto';
import { Labels } from '../model/labels.ts';
import type { Matcher } from '../model/matcher.ts';
import { invalidParameter, type Params, parseBoolParameter } from './params.ts';
import type { AlertingRuleView, RecordingRuleView, RuleGroupView } from './prometheus/rule-view.ts';

const INT32_MAX = 2 ** 31 - 1;

export interface RuleSelection {
  /** Groups with those of their rules that are wanted; none without any. */
  readonly groups: readonly {
    readonly group: RuleGroupView;
    readonly rules: RuleGroupView['rules'];
  }[];
  /** Where the next page begins. */
  readonly nextToken: string | undefined;
  readonly withAlerts: boolean;
}

interface RuleFilter {
  readonly names: ReadonlySet<string>;
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly type: '' | 'alert' | 'record';
  readonly matchesAll: (matchers: readonly Matcher[], labels: Labels) => boolean;
}

/** `suffixes` are what the names of list parameters may end in: `[]` for Prometheus, nothing too for Loki. */
export async function selectRules(
  groups: readonly RuleGroupView[],
  params: Params,
  suffixes: readonly string[],
): Promise<RuleSelection> {
  const list = (name: string) => new Set(suffixes.flatMap((suffix) => params.all(name + suffix)));
  const filter = await ruleFilter(params, list('rule_name'));
  const withAlerts = !excludesAlerts(params);
  const { groupsMax, token } = page(params);
  const groupNames = list('rule_group');
  const files = list('file');
  const shown: { group: RuleGroupView; rules: RuleGroupView['rules'] }[] = [];
  let begun = token === '';
  for (const group of groups) {
    begun ||= token === tokenOf(group);
    if (!begun) continue;
    if (groupNames.size > 0 && !groupNames.has(group.name)) continue;
    if (files.size > 0 && !files.has(group.file)) continue;
    const rules = group.rules.filter((rule) => passes(rule, filter));
    if (rules.length === 0) continue;
    if (shown.length === groupsMax) return { groups: shown, nextToken: tokenOf(group), withAlerts };
    shown.push({ group, rules });
  }
  if (!begun) {
    const rule = `invalid group_next_token '${token}'. were rule groups changed?`;
    throw invalidParameter('group_next_token', rule);
  }
  return { groups: shown, nextToken: undefined, withAlerts };
}

/** Loads the parser when there is something to parse: this runs on the front, which has no use for it otherwise. */
async function ruleFilter(params: Params, names: ReadonlySet<string>): Promise<RuleFilter> {
  let matcherSets: RuleFilter['matcherSets'] = [];
  let matchesAll: RuleFilter['matchesAll'] = () => true;
  if (params.all('match[]').length > 0) {
    const { parseMatch } = await import('../query/promql-text.ts');
    matchesAll = (await import('../model/matcher.ts')).matchesAll;
    matcherSets = params.all('match[]').map(parseMatch);
  }
  const type = params.get('type').toLowerCase();
  if (type !== '' && type !== 'alert' && type !== 'record') {
    throw invalidParameter('type', `not supported value ${JSON.stringify(type)}`);
  }
  return { names, matcherSets, type, matchesAll };
}

function excludesAlerts(params: Params): boolean {
  const text = params.get('exclude_alerts').toLowerCase();
  if (text === '') return false;
  const value = parseBoolParameter(text);
  if (value !== undefined) return value;
  const why = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw invalidParameter('exclude_alerts', `error converting exclude_alerts: ${why}`);
}

/** How many groups are wanted at most, and from which on. */
function page(params: Params): { readonly groupsMax: number; readonly token: string } {
  const limit = params.get('group_limit');
  const token = params.get('group_next_token');
  if (limit === '') {
    if (token === '') return { groupsMax: Number.POSITIVE_INFINITY, token };
    const rule = 'group_limit needs to be present in order to paginate over the groups';
    throw invalidParameter('group_next_token', rule);
  }
  const groupsMax = Number(limit);
  const why = !/^[+-]?\d+$/.test(limit)
    ? 'invalid syntax'
    : Math.abs(groupsMax) > INT32_MAX
      ? 'value out of range'
      : undefined;
  if (why !== undefined) {
    const rule = `group_limit needs to be a valid number: strconv.ParseInt: parsing ${JSON.stringify(limit)}: ${why}`;
    throw invalidParameter('group_limit', rule);
  }
  if (groupsMax <= 0) throw invalidParameter('group_limit', 'group_limit needs to be greater than 0');
  return { groupsMax, token };
}

/** What names a group between two pages. */
function tokenOf({ file, name }: RuleGroupView): string {
  return createHash('sha256').update(`${file};${name}`).digest('hex');
}

function passes(rule: AlertingRuleView | RecordingRuleView, filter: RuleFilter): boolean {
  const { names, matcherSets, type } = filter;
  if (type !== '' && (type === 'alert') !== (rule.type === 'alerting')) return false;
  if (names.size > 0 && !names.has(rule.name)) return false;
  if (matcherSets.length === 0) return true;
  const labels = Labels.from(rule.labels);
  return matcherSets.some((matchers) => filter.matchesAll(matchers, labels));
}

/** `rules`, `alerts`, `alertmanagers`: what the rule engine shows (`rule-view.ts`), filtered and page by page. */

import { createHash } from 'node:crypto';
import { Labels } from '../../model/labels.ts';
import type { Matcher } from '../../model/matcher.ts';
import { formatRfc3339 } from '../../model/time.ts';
import { invalidParameter, type Params, parseBoolParameter } from '../params.ts';
import type { Route } from '../route.ts';
import { get, ZERO_TIME } from './front-route.ts';
import type { AlertingRuleView, AlertView, RecordingRuleView, RuleGroupView } from './rule-view.ts';
import type { PrometheusStatusView } from './status-view.ts';

const INT32_MAX = 2 ** 31 - 1;

export function ruleRoutes(view: PrometheusStatusView): Route[] {
  return [
    get('rules', (params) => rules(view, params)),
    get('alerts', () => ({
      alerts: view
        .ruleGroups()
        .flatMap((group) => group.rules)
        .flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map(alertJson) : [])),
    })),
    get('alertmanagers', () => {
      const { active, dropped } = view.alertmanagers();
      const urls = (list: readonly string[]) => list.map((url) => ({ url }));
      return { activeAlertmanagers: urls(active), droppedAlertmanagers: urls(dropped) };
    }),
  ];
}

interface RuleFilter {
  readonly names: ReadonlySet<string>;
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly type: '' | 'alert' | 'record';
  readonly withAlerts: boolean;
  readonly matchesAll: (matchers: readonly Matcher[], labels: Labels) => boolean;
}

async function rules(view: PrometheusStatusView, params: Params): Promise<unknown> {
  const filter = await ruleFilter(params);
  const { groupsMax, token } = page(params);
  const groupNames = new Set(params.all('rule_group[]'));
  const files = new Set(params.all('file[]'));
  const shown: unknown[] = [];
  let begun = token === '';
  for (const group of view.ruleGroups()) {
    begun ||= token === tokenOf(group);
    if (!begun) continue;
    if (groupNames.size > 0 && !groupNames.has(group.name)) continue;
    if (files.size > 0 && !files.has(group.file)) continue;
    const chosen = group.rules.filter((rule) => passes(rule, filter));
    if (chosen.length === 0) continue;
    if (shown.length === groupsMax) return { groups: shown, groupNextToken: tokenOf(group) };
    shown.push(groupJson(group, chosen, filter.withAlerts));
  }
  if (!begun) {
    const rule = `invalid group_next_token '${token}'. were rule groups changed?`;
    throw invalidParameter('group_next_token', rule);
  }
  return { groups: shown };
}

/** Loads the parser when there is something to parse: this runs on the front, which has no use for it otherwise. */
async function ruleFilter(params: Params): Promise<RuleFilter> {
  let matcherSets: RuleFilter['matcherSets'] = [];
  let matchesAll: RuleFilter['matchesAll'] = () => true;
  if (params.all('match[]').length > 0) {
    const { parseMatch } = await import('../../query/promql-text.ts');
    matchesAll = (await import('../../model/matcher.ts')).matchesAll;
    matcherSets = params.all('match[]').map(parseMatch);
  }
  const type = params.get('type').toLowerCase();
  if (type !== '' && type !== 'alert' && type !== 'record') {
    throw invalidParameter('type', `not supported value ${JSON.stringify(type)}`);
  }
  return {
    names: new Set(params.all('rule_name[]')),
    matcherSets,
    type,
    withAlerts: !excludesAlerts(params),
    matchesAll,
  };
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

function groupJson(group: RuleGroupView, chosen: RuleGroupView['rules'], withAlerts: boolean): unknown {
  return {
    name: group.name,
    file: group.file,
    rules: chosen.map((rule) => ruleJson(rule, withAlerts)),
    interval: group.intervalSeconds,
    limit: group.limit,
    evaluationTime: group.evaluationSeconds,
    lastEvaluation: timeText(group.lastEvaluationMs),
  };
}

function ruleJson(rule: AlertingRuleView | RecordingRuleView, withAlerts: boolean): unknown {
  const outcome = {
    health: rule.health,
    ...(rule.lastError !== '' && { lastError: rule.lastError }),
    evaluationTime: rule.evaluationSeconds,
    lastEvaluation: timeText(rule.lastEvaluationMs),
    type: rule.type,
  };
  const { name, query, labels } = rule;
  if (rule.type === 'recording') return { name, query, labels, ...outcome };
  return {
    state: rule.state,
    name,
    query,
    duration: rule.forSeconds,
    keepFiringFor: rule.keepFiringForSeconds,
    labels,
    annotations: rule.annotations,
    alerts: withAlerts ? rule.alerts.map(alertJson) : null,
    ...outcome,
  };
}

function alertJson(alert: AlertView): unknown {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: formatRfc3339(alert.activeAtMs),
    ...(alert.keepFiringSinceMs !== undefined && {
      keepFiringSince: formatRfc3339(alert.keepFiringSinceMs),
    }),
    value: exponentText(alert.value),
  };
}

function timeText(ms: number | undefined): string {
  return ms === undefined ? ZERO_TIME : formatRfc3339(ms);
}

/** As Go's 'e' format: `1e+00`, `2.5e-07`. */
function exponentText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return (Object.is(value, -0) ? '-' : '') + value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

/** `rules`, `alerts`, `alertmanagers`: what the rule engine shows (`rule-view.ts`), filtered and page by page. */

import { DEFAULT_TENANT } from '../../model/tenant.ts';
import { formatRfc3339 } from '../../model/time.ts';
import type { ServiceRequest } from '../../query/service.ts';
import type { Params } from '../params.ts';
import type { Route } from '../route.ts';
import { selectRules } from '../rule-selection.ts';
import { get, ZERO_TIME } from './front-route.ts';
import type { AlertingRuleView, AlertView, RecordingRuleView, RuleGroupView } from './rule-view.ts';
import type { PrometheusStatusView } from './status-view.ts';

export function ruleRoutes(view: PrometheusStatusView): Route[] {
  return [
    get('rules', 'one', (params, request) => rules(view, params, tenantOf(request))),
    get('alerts', 'one', (_params, request) => ({
      alerts: view
        .ruleGroups(tenantOf(request))
        .flatMap((group) => group.rules)
        .flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map(alertJson) : [])),
    })),
    // To whom this server sends all tenants' alerts.
    get('alertmanagers', 'operator', () => {
      const { active, dropped } = view.alertmanagers();
      const urls = (list: readonly string[]) => list.map((url) => ({ url }));
      return { activeAlertmanagers: urls(active), droppedAlertmanagers: urls(dropped) };
    }),
  ];
}

function tenantOf({ tenants }: ServiceRequest): string {
  return tenants?.[0] ?? DEFAULT_TENANT;
}

async function rules(view: PrometheusStatusView, params: Params, tenant: string): Promise<unknown> {
  const { groups, nextToken, withAlerts } = await selectRules(view.ruleGroups(tenant), params, ['[]']);
  return {
    groups: groups.map((chosen) => groupJson(chosen.group, chosen.rules, withAlerts)),
    ...(nextToken !== undefined && { groupNextToken: nextToken }),
  };
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

export function timeText(ms: number | undefined): string {
  return ms === undefined ? ZERO_TIME : formatRfc3339(ms);
}

/** As Go's 'e' format: `1e+00`, `2.5e-07`. */
export function exponentText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return (Object.is(value, -0) ? '-' : '') + value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
}

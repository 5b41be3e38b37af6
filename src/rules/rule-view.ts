/** What rule groups show of themselves: plain data, which the APIs print. Times are milliseconds. */

import { type Alert, annotationsOf } from './alert-states.ts';
import type { Group } from './group.ts';
import type { Rule } from './rule.ts';

export type GroupView = ReturnType<typeof groupView>;

export function groupView(group: Group) {
  const { id, checked, intervalMs, evaluationSeconds, lastEvaluationMs, rules } = group;
  return {
    name: id.name,
    file: id.namespace,
    intervalSeconds: intervalMs / 1000,
    limit: checked.definition.limit,
    evaluationSeconds,
    lastEvaluationMs,
    rules: rules.map(ruleView),
  };
}

function ruleView(rule: Rule) {
  const { name, query, labels, health, lastError, evaluationSeconds, lastEvaluationMs } = rule;
  const shown = { name, query, labels, health, lastError, evaluationSeconds, lastEvaluationMs };
  if (!rule.alerts) return { type: 'recording' as const, ...shown };
  const { forMs, keepFiringForMs, annotations } = rule.definition;
  // One that was resolved is kept for those who have to be told alone.
  const active = [...rule.alerts.all()].filter((alert) => alert.state !== 'inactive');
  return {
    type: 'alerting' as const,
    ...shown,
    state: lastEvaluationMs === undefined ? ('unknown' as const) : stateOf(active),
    forSeconds: forMs / 1000,
    keepFiringForSeconds: keepFiringForMs / 1000,
    annotations,
    alerts: active.map(alertView),
  };
}

/** The gravest. */
function stateOf(active: readonly Alert[]): Alert['state'] {
  if (active.length === 0) return 'inactive';
  return active.some((alert) => alert.state === 'firing') ? 'firing' : 'pending';
}

function alertView(alert: Alert) {
  const { labels, state, activeAtMs, keepFiringSinceMs, value } = alert;
  const annotations = annotationsOf(alert).toObject();
  return { labels: labels.toObject(), annotations, state, activeAtMs, keepFiringSinceMs, value };
}

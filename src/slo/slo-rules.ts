/**
 * The rules of an objective, three groups of them: the bad share in each window, what is known of the budget, the alerts. Names, labels
 * and expressions are those of Sloth, so that dashboards and alerts' routes that were made for its rules work with these.
 */

import { assert } from '../base/assert.ts';
import { DAY_MS, formatDuration } from '../model/duration.ts';
import { formatFloat, formatPlain } from '../model/float-format.ts';
import { quote } from '../model/go-string.ts';
import { type BurnPair, type BurnWindow, burnRate, recordedWindows, SLO_WINDOWS } from './burn-windows.ts';
import { type Slo, type SloAlert, type SloOrigin, sloId } from './slo.ts';

/** Of `record` and `alert` one is ''. */
export interface SloRule {
  readonly record: string;
  readonly alert: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface SloGroup {
  readonly name: string;
  readonly rules: readonly SloRule[];
}

export const BAD_NOW_METRIC = 'slo:sli_bad:bool';

/** Groups without rules, as those of alerts that nobody wants, are there too. */
export function sloGroups(slo: Slo, origin: SloOrigin): readonly SloGroup[] {
  const id = sloId(slo);
  return [
    { name: `sloth-slo-sli-recordings-${id}`, rules: indicatorRules(slo) },
    { name: `sloth-slo-meta-recordings-${id}`, rules: budgetRules(slo, origin) },
    { name: `sloth-slo-alerts-${id}`, rules: alertRules(slo) },
  ];
}

function indicatorRules(slo: Slo): SloRule[] {
  const { indicator, windowMs } = slo;
  const windows = windowsOf(slo);
  const labels = { ...idLabels(slo), ...slo.labels };
  const filter = filterOf(slo);
  const rules = recordedWindows(windows).map((ms) => {
    const window = formatDuration(ms);
    return record(errorMetric(ms), indicator.errorRatio(window, filter), {
      ...idLabels(slo),
      sloth_window: window,
      ...slo.labels,
    });
  });
  // Over a month the recorded shares are averaged: the events of so long a time are too many to count each minute.
  const window = formatDuration(windowMs);
  const shortest = `${errorMetric(windows.page.quick.shortMs)}${filter}`;
  const whole = `sum_over_time(${shortest}[${window}])\n/ ignoring (sloth_window)\ncount_over_time(${shortest}[${window}])\n`;
  rules.push(record(errorMetric(windowMs), whole, { ...idLabels(slo), sloth_window: window, ...slo.labels }));
  return indicator.badNow === undefined
    ? rules
    : [record(BAD_NOW_METRIC, indicator.badNow, labels), ...rules];
}

function budgetRules(slo: Slo, { version, mode, spec }: SloOrigin): SloRule[] {
  const filter = filterOf(slo);
  const labels = { ...idLabels(slo), ...slo.labels };
  const ratio = formatFloat(slo.objective / 100);
  const burnRateOf = (ms: number) =>
    `${errorMetric(ms)}${filter}\n/ on(sloth_id, sloth_slo, sloth_service) group_left\nslo:error_budget:ratio${filter}\n`;
  return [
    record('slo:objective:ratio', `vector(${ratio})`, labels),
    record('slo:error_budget:ratio', `vector(1-${ratio})`, labels),
    record('slo:time_period:days', `vector(${formatFloat(slo.windowMs / DAY_MS)})`, labels),
    record('slo:current_burn_rate:ratio', burnRateOf(windowsOf(slo).page.quick.shortMs), labels),
    record('slo:period_burn_rate:ratio', burnRateOf(slo.windowMs), labels),
    record('slo:period_error_budget_remaining:ratio', `1 - slo:period_burn_rate:ratio${filter}`, labels),
    record('sloth_slo_info', 'vector(1)', {
      ...labels,
      sloth_version: version,
      sloth_mode: mode,
      sloth_spec: spec,
      sloth_objective: formatPlain(slo.objective),
    }),
  ];
}

function alertRules(slo: Slo): SloRule[] {
  const { page, ticket } = windowsOf(slo);
  return [
    ...(slo.page ? [alertRule(slo, 'page', page, slo.page)] : []),
    ...(slo.ticket ? [alertRule(slo, 'ticket', ticket, slo.ticket)] : []),
  ];
}

function alertRule(slo: Slo, severity: string, { quick, slow }: BurnPair, alert: SloAlert): SloRule {
  const of = '{{$labels.sloth_service}} {{$labels.sloth_slo}}';
  return {
    record: '',
    alert: alert.name,
    expr: `${burning(slo, quick)}or\n${burning(slo, slow)}`,
    // Labels of the objective come with the series.
    labels: { sloth_severity: severity, ...alert.labels },
    annotations: {
      title: `(${severity}) ${of} SLO error budget burn rate is too fast.`,
      summary: `${of} SLO error budget burn rate is over expected.`,
      ...alert.annotations,
    },
  };
}

/** That the budget goes too fast in both windows. */
function burning(slo: Slo, window: BurnWindow): string {
  const budget = formatFloat((100 - slo.objective) / 100);
  const bound = `(${formatFloat(burnRate(window, slo.windowMs))} * ${budget})`;
  const above = (ms: number) =>
    `    max(${errorMetric(ms)}${filterOf(slo)} > ${bound}) without (sloth_window)\n`;
  return `(\n${above(window.shortMs)}    and\n${above(window.longMs)})\n`;
}

function record(name: string, expr: string, labels: Readonly<Record<string, string>>): SloRule {
  return { record: name, alert: '', expr, labels, annotations: {} };
}

function errorMetric(ms: number): string {
  return `slo:sli_error:ratio_rate${formatDuration(ms)}`;
}

function idLabels(slo: Slo): Readonly<Record<string, string>> {
  return { sloth_id: sloId(slo), sloth_service: slo.service, sloth_slo: slo.name };
}

function filterOf(slo: Slo): string {
  const matchers = Object.entries(idLabels(slo)).map(([name, value]) => `${name}=${quote(value)}`);
  return `{${matchers.join(', ')}}`;
}

function windowsOf({ windowMs }: Slo) {
  const windows = SLO_WINDOWS.get(windowMs);
  assert(windows, `no alert windows for an objective over ${formatDuration(windowMs)}`);
  return windows;
}

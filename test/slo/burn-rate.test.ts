/**
 * What rules of objectives do as time goes on: an alert fires when the share of the budget that it is about is gone, at the minute that
 * follows from the burn rate, ends soon after the trouble, and the budget that is left is right. Tests are written in promtool's format; one that
 * `TRILITE_TEST_PROMTOOL` names runs them as well.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { stringify } from 'yaml';
import { sloCommand } from '../../src/cli/slo.ts';
import { testRuleFiles } from '../../src/cli/test-rules.ts';
import { PROMTOOL, promtoolIsSince } from '../support/promtool.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'trilite-slo-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Case {
  readonly spec: object;
  /** Minutes between samples and between evaluations. */
  readonly stepMinutes: number;
  /** By series, in promtool's notation. */
  readonly input: Readonly<Record<string, string>>;
  /** At which minutes which severities fire. */
  readonly alerts?: Readonly<Record<number, readonly string[]>>;
  readonly values?: readonly { readonly expr: string; readonly minute: number; readonly value: number }[];
  /** The oldest promtool that has the functions. */
  readonly since?: readonly [number, number];
}

let cases = 0;

async function run({ spec, stepMinutes, input, alerts = {}, values = [], since }: Case): Promise<void> {
  const name = `case-${cases++}`;
  const write = (file: string, value: object) => {
    const whole = path.join(folder, file);
    writeFileSync(whole, stringify(value));
    return whole;
  };
  // Texts are looked at elsewhere.
  const bare = { annotations: { title: '', summary: '', description: '' } };
  const specFile = write(`${name}.slo.yaml`, { ...spec, alerts: bare });
  const rules = path.join(folder, `${name}.yml`);
  const lines: string[] = [];
  const output = { out: (line: string) => lines.push(line), err: (line: string) => lines.push(line) };
  assert.equal(await sloCommand([specFile, '-o', rules], output), 0, lines.join('\n'));
  const step = `${stepMinutes}m`;
  const test = {
    interval: step,
    input_series: Object.entries(input).map(([series, text]) => ({ series, values: text })),
    alert_rule_test: Object.entries(alerts).map(([minute, severities]) => ({
      eval_time: `${minute}m`,
      alertname: 'ErrorBudgetBurn',
      exp_alerts: severities.map((severity) => ({
        exp_labels: {
          severity: severity === 'page' ? 'critical' : 'warning',
          ...{ sloth_severity: severity, sloth_id: 'shop-x', sloth_service: 'shop', sloth_slo: 'x' },
        },
        exp_annotations: bare.annotations,
      })),
    })),
    promql_expr_test: values.map(({ expr, minute, value }) => ({
      ...{ expr, eval_time: `${minute}m` },
      exp_samples: [{ labels: '{}', value }],
    })),
  };
  const testFile = write(`${name}_test.yml`, {
    rule_files: [`${name}.yml`],
    evaluation_interval: step,
    // Else promtool takes any order, and what is five minutes old is too old.
    group_eval_order: ['sli', 'meta']
      .map((what) => `sloth-slo-${what}-recordings-shop-x`)
      .concat('sloth-slo-alerts-shop-x'),
    tests: [test],
  });
  const options = {
    run: undefined,
    isDiff: false,
    isDebug: false,
    unknownKeys: 'refused',
    junitFile: undefined,
  } as const;
  assert.equal(await testRuleFiles([testFile], options, output), 0, lines.join('\n'));
  // It takes seconds, and says the same.
  if (!process.env.TRILITE_TEST_PROMTOOL || !promtoolIsSince(since ?? [2, 40])) return;
  const { status, stdout, stderr } = spawnSync(PROMTOOL!, ['test', 'rules', testFile], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

const objective = (percent: number, indicator: object) => ({
  service: 'shop',
  slos: [{ name: 'x', objective: percent, ...indicator }],
});
const errors = { errors: { bad: 'requests_total{code="500"}', total: 'requests_total' } };

/** A counter that goes on by so many at each step, part after part. */
function counter(...parts: readonly (readonly [steps: number, perStep: number])[]): string {
  let value = 0;
  const values = [0];
  for (const [steps, perStep] of parts) for (let i = 0; i < steps; i++) values.push((value += perStep));
  return values.join(' ');
}

describe('an objective of errors', () => {
  it('pages for 14.4 times the budget in an hour, and ends minutes after the errors', async () => {
    // One request in twenty fails: 2 % of a month's budget are gone after 0.02 · 720 h · 0.001 / 0.05 = 17 minutes.
    const [good, bad] = [counter([200, 2000], [15, 1900], [3, 2000]), counter([200, 0], [15, 100], [3, 0])];
    await run({
      spec: objective(99.9, errors),
      stepMinutes: 2,
      input: { 'requests_total{code="200"}': good, 'requests_total{code="500"}': bad },
      // Of the seven hours that there are 0.1 % are gone after 8 minutes, which is what a ticket asks of three days.
      alerts: { 400: [], 416: ['ticket'], 420: ['page', 'ticket'], 430: ['page', 'ticket'], 436: ['ticket'] },
    });
  });

  it('pages for six times the budget in six hours, and before that sends a ticket for more than there is', async () => {
    // Eight in a thousand fail: 0.6 % of six hours after 270 minutes, 0.3 % of all there is after 216, 0.1 % after 51.
    const [good, bad] = [counter([72, 5000], [56, 4960], [6, 5000]), counter([72, 0], [56, 40], [6, 0])];
    await run({
      spec: objective(99.9, errors),
      stepMinutes: 5,
      input: { 'requests_total{code="200"}': good, 'requests_total{code="500"}': bad },
      alerts: {
        360: [],
        405: [],
        420: ['ticket'],
        620: ['ticket'],
        640: ['page', 'ticket'],
        660: ['ticket'],
      },
    });
  });

  it('says what is left of the budget', async () => {
    const [good, bad] = [counter([30, 20_000], [30, 19_980]), counter([30, 0], [30, 20])];
    const exact = (metric: string, minute: number, value: number) => ({
      expr: `sum(round(${metric}, 0.001))`,
      minute,
      value,
    });
    await run({
      spec: objective(99.9, errors),
      stepMinutes: 2,
      input: { 'requests_total{code="200"}': good, 'requests_total{code="500"}': bad },
      values: [
        exact('slo:objective:ratio', 60, 0.999),
        exact('slo:error_budget:ratio', 60, 0.001),
        exact('slo:time_period:days', 60, 30),
        exact('slo:current_burn_rate:ratio', 60, 0),
        exact('slo:period_error_budget_remaining:ratio', 60, 1),
        exact('slo:current_burn_rate:ratio', 120, 1),
        // Nothing for an hour, then as much as there may be.
        { expr: 'sum(round(slo:period_burn_rate:ratio, 0.1))', minute: 120, value: 0.5 },
        { expr: 'sum(round(slo:period_error_budget_remaining:ratio, 0.1))', minute: 120, value: 0.5 },
        exact('sloth_slo_info{sloth_objective="99.9"}', 60, 1),
      ],
    });
  });

  it('is not looked at where nothing happens, and is kept where nothing has failed yet', async () => {
    const known = (minute: number, value: number) => ({
      ...{ expr: 'sum(count(slo:sli_error:ratio_rate5m) or vector(0))', minute, value },
    });
    await run({
      spec: objective(99.9, errors),
      stepMinutes: 1,
      input: { 'requests_total{code="200"}': counter([20, 100], [20, 0]) },
      values: [known(15, 1), { expr: 'sum(slo:sli_error:ratio_rate5m)', minute: 15, value: 0 }, known(40, 0)],
    });
  });
});

describe('an objective of latency', () => {
  const share = (value: number) => [
    { expr: 'sum(round(slo:sli_error:ratio_rate5m, 0.001))', minute: 20, value },
  ];

  it('counts what is above a bound of a classic histogram, however whole seconds are written', async () => {
    const latency = (threshold: string) =>
      objective(99, { latency: { histogram: 'request_seconds{job="a",}', threshold } });
    const histogram = (bound: string) => ({
      [`request_seconds_bucket{job="a",le="${bound}"}`]: '0+90x30',
      'request_seconds_bucket{job="a",le="+Inf"}': '0+100x30',
      'request_seconds_count{job="a"}': '0+100x30',
      'request_seconds_count{job="b"}': '0+100x30',
    });
    await run({ spec: latency('300ms'), stepMinutes: 1, input: histogram('0.3'), values: share(0.1) });
    await run({ spec: latency('2s'), stepMinutes: 1, input: histogram('2'), values: share(0.1) });
    await run({ spec: latency('2s'), stepMinutes: 1, input: histogram('2.0'), values: share(0.1) });
  });

  it('counts in milliseconds where the histogram does', async () => {
    const latency = { histogram: 'request_ms', threshold: '250ms', unit: 'milliseconds' };
    const input = { 'request_ms_bucket{le="250"}': '0+80x30', request_ms_count: '0+100x30' };
    await run({ spec: objective(99, { latency }), stepMinutes: 1, input, values: share(0.2) });
  });

  it('estimates what is above any threshold of a native one', async () => {
    const latency = { histogram: 'call_seconds{job="a"}', threshold: '1s', native: true };
    // Three of four between half a second and one, the fourth up to two.
    const call = '{{schema:0 count:4 sum:4 buckets:[3 1]}}';
    const input = { 'call_seconds{job="a"}': `${call}+${call}x30` };
    await run({
      spec: objective(99, { latency }),
      stepMinutes: 1,
      input,
      values: share(0.25),
      since: [3, 0],
    });
  });
});

it('an objective of saturation counts the time in which the fullest is above its bound', async () => {
  const saturation = { ratio: 'pool_used / pool_size', below: 0.8 };
  const share = (minute: number, value: number) => ({
    expr: 'sum(slo:sli_error:ratio_rate5m)',
    minute,
    value,
  });
  await run({
    spec: objective(95, { saturation }),
    stepMinutes: 1,
    input: {
      'pool_used{pool="a"}': '1x60',
      'pool_size{pool="a"}': '10x60',
      'pool_used{pool="b"}': '5x20 9x40',
      'pool_size{pool="b"}': '10x60',
    },
    values: [share(15, 0), share(40, 1)],
    // All of an hour is 20 times the 5 % of it that are allowed.
    alerts: { 20: [], 60: ['page', 'ticket'] },
  });
});

/** Objectives: what is left of each error budget, how fast it goes, and which alerts it gives. By the rules of docs/slo.md, or of Sloth. */

import { alertAnnotation, dashboard, metricLabel } from './dashboard.ts';
import { columnUnit, joined, stat, table, timeseries } from './panels.ts';
import { promInstant, promRange, promTable } from './targets.ts';

const OF = 'sloth_service=~"$service",sloth_slo=~"$slo"';
const NAME = '{{sloth_service}} {{sloth_slo}}';
const COLUMNS = ['Objective', 'Left', 'Burn rate', 'Good'];

function each(metric: string): string {
  return `max by (sloth_service, sloth_slo) (${metric}{${OF}})`;
}

/** How much faster than planned the budget went in a window. */
function burnRate(window: string): string {
  return `${each(`slo:sli_error:ratio_rate${window}`)} / ${each('slo:error_budget:ratio')}`;
}

const glance = {
  title: 'At a glance',
  panels: [
    stat(
      {
        title: 'Budget used',
        description: 'Of the errors that the window allows: at 100 % the promise is broken.',
      },
      [promInstant(each('slo:period_burn_rate:ratio'), NAME)],
      {
        ...{ width: 12, height: 6, unit: 'percentunit', decimals: 1 },
        thresholds: [
          [0.75, 'yellow'],
          [1, 'red'],
        ],
      },
    ),
    stat(
      {
        title: 'Burn rate',
        description: 'At present; at 1 the budget is used up at the end of the window. 14.4 wakes somebody.',
      },
      [promInstant(each('slo:current_burn_rate:ratio'), NAME)],
      {
        ...{ width: 8, height: 6, unit: 'short', decimals: 2 },
        thresholds: [
          [1, 'yellow'],
          [6, 'orange'],
          [14.4, 'red'],
        ],
      },
    ),
    stat(
      { title: 'Alerts', description: 'Alerts on budgets that fire.' },
      [
        promInstant(`count(ALERTS{alertstate="firing",sloth_severity="page",${OF}}) or vector(0)`, 'page'),
        promInstant(
          `count(ALERTS{alertstate="firing",sloth_severity="ticket",${OF}}) or vector(0)`,
          'ticket',
        ),
      ],
      { width: 4, height: 6, unit: 'short', thresholds: [[1, 'red']] },
    ),
    table(
      {
        title: 'Objectives',
        description: 'What is promised, what is left, and the share that is good in the window.',
      },
      [
        promTable(each('slo:objective:ratio')),
        promTable(each('slo:period_error_budget_remaining:ratio')),
        promTable(each('slo:current_burn_rate:ratio')),
        promTable(`1 - ${each('slo:period_burn_rate:ratio')} * ${each('slo:error_budget:ratio')}`),
      ],
      {
        unit: 'percentunit',
        sortBy: 'Burn rate',
        transformations: joined(COLUMNS),
        overrides: [
          ...['Objective', 'Good'].map((column) => columnUnit(column, 'percentunit', 3)),
          columnUnit('Left', 'percentunit', 1),
          columnUnit('Burn rate', 'short', 2),
        ],
      },
    ),
  ],
};

const budgets = {
  title: 'Budgets',
  panels: [
    timeseries(
      {
        title: 'Left of the budget',
        description: 'Over the window of the objective, which moves on with time.',
      },
      [promRange(each('slo:period_error_budget_remaining:ratio'), NAME)],
      { unit: 'percentunit', max: 1, width: 24 },
    ),
  ],
};

const burning = {
  title: 'How fast they go',
  panels: [
    timeseries(
      {
        title: 'For pages',
        description:
          'Both lines of a pair above its bound page: 5 minutes and an hour above 14.4, half an hour and six above 6.',
      },
      ['5m', '1h', '30m', '6h'].map((window) => promRange(burnRate(window), `${NAME} ${window}`)),
      {
        unit: 'short',
        thresholds: [
          [6, 'orange'],
          [14.4, 'red'],
        ],
      },
    ),
    timeseries(
      {
        title: 'For tickets',
        description:
          'Both lines of a pair above its bound make a ticket: two hours and a day above 3, six hours and three days above 1.',
      },
      ['2h', '1d', '6h', '3d'].map((window) => promRange(burnRate(window), `${NAME} ${window}`)),
      {
        unit: 'short',
        thresholds: [
          [1, 'yellow'],
          [3, 'orange'],
        ],
      },
    ),
    timeseries(
      { title: 'Bad share', description: 'Of the last five minutes: what the objective counts.' },
      [promRange(each('slo:sli_error:ratio_rate5m'), NAME)],
      { unit: 'percentunit', width: 24 },
    ),
  ],
};

export const slo = dashboard({
  uid: 'slo',
  title: 'Objectives',
  description: 'Error budgets of service level objectives: what is left, how fast it goes, what fires.',
  variables: [
    metricLabel('service', 'Service', 'sloth_slo_info', 'sloth_service'),
    metricLabel('slo', 'Objective', 'sloth_slo_info', 'sloth_slo'),
  ],
  annotations: [alertAnnotation(',sloth_severity="page"')],
  rows: [glance, budgets, burning],
  from: 'now-24h',
});

/** Rules, alerts and Alertmanagers as an engine would show them: shapes, filters, pages, bad parameters. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { prometheusFrontRoutes } from '../../../src/api/prometheus/status-routes.ts';
import type { HandledRoute } from '../../../src/api/route.ts';
import { emptyStatusView } from './status-view-fake.ts';

const outcome = { health: 'ok', lastError: '', evaluationSeconds: 0.25, lastEvaluationMs: 61_500 } as const;
const alert = {
  labels: { alertname: 'Down', job: 'a' },
  annotations: { summary: 'gone' },
  state: 'firing',
  activeAtMs: 60_000,
  keepFiringSinceMs: 61_000,
  value: 1,
} as const;
const alerting = {
  type: 'alerting',
  name: 'Down',
  query: 'up == 0',
  labels: { severity: 'page' },
  state: 'firing',
  forSeconds: 60,
  keepFiringForSeconds: 5,
  annotations: { summary: 'gone' },
  alerts: [alert],
  ...outcome,
} as const;
const recording = {
  type: 'recording',
  name: 'job:up:sum',
  query: 'sum by (job) (up)',
  labels: {},
  ...outcome,
  health: 'err',
  lastError: 'it broke',
  lastEvaluationMs: undefined,
} as const;
const group = (name: string, rules: readonly (typeof alerting | typeof recording)[]) => ({
  name,
  file: `${name}.yml`,
  intervalSeconds: 60,
  limit: 0,
  evaluationSeconds: 0.5,
  lastEvaluationMs: 61_500,
  rules,
});

const routes = prometheusFrontRoutes(
  emptyStatusView({
    ruleGroups: () => [group('a', [alerting, recording]), group('b', [recording]), group('c', [alerting])],
    alertmanagers: () => ({ active: ['http://am:9093/api/v2/alerts'], dropped: [] }),
  }),
) as HandledRoute[];

// biome-ignore lint/suspicious/noExplicitAny: the tests read answers as they are
async function ask(path: string, params: [string, string][] = []): Promise<any> {
  const route = routes.find((r) => r.path === `/api/v1/${path}`)!;
  const answer = await route.handle({ params, path: {}, headers: {}, nowMs: 0 });
  return JSON.parse(new TextDecoder().decode(answer.body)).data;
}

const namesOf = (data: { groups: { name: string; rules: { name: string }[] }[] }) =>
  data.groups.map((g) => [g.name, ...g.rules.map((r) => r.name)]);

describe('rules', () => {
  test('groups, and rules of both kinds', async () => {
    const { groups } = await ask('rules', [['rule_group[]', 'a']]);
    assert.deepEqual(groups, [
      {
        name: 'a',
        file: 'a.yml',
        interval: 60,
        limit: 0,
        evaluationTime: 0.5,
        lastEvaluation: '1970-01-01T00:01:01.5Z',
        rules: [
          {
            state: 'firing',
            name: 'Down',
            query: 'up == 0',
            duration: 60,
            keepFiringFor: 5,
            labels: { severity: 'page' },
            annotations: { summary: 'gone' },
            alerts: [
              {
                labels: { alertname: 'Down', job: 'a' },
                annotations: { summary: 'gone' },
                state: 'firing',
                activeAt: '1970-01-01T00:01:00Z',
                keepFiringSince: '1970-01-01T00:01:01Z',
                value: '1e+00',
              },
            ],
            health: 'ok',
            evaluationTime: 0.25,
            lastEvaluation: '1970-01-01T00:01:01.5Z',
            type: 'alerting',
          },
          {
            name: 'job:up:sum',
            query: 'sum by (job) (up)',
            labels: {},
            health: 'err',
            lastError: 'it broke',
            evaluationTime: 0.25,
            lastEvaluation: '0001-01-01T00:00:00Z',
            type: 'recording',
          },
        ],
      },
    ]);
    const { groups: bare } = await ask('rules', [
      ['rule_group[]', 'a'],
      ['exclude_alerts', 'TRUE'],
    ]);
    assert.equal(bare[0].rules[0].alerts, null);
  });

  test('are filtered; a group without rules is left out', async () => {
    for (const [params, want] of [
      [
        [],
        [
          ['a', 'Down', 'job:up:sum'],
          ['b', 'job:up:sum'],
          ['c', 'Down'],
        ],
      ],
      [
        [['type', 'Alert']],
        [
          ['a', 'Down'],
          ['c', 'Down'],
        ],
      ],
      [
        [['type', 'record']],
        [
          ['a', 'job:up:sum'],
          ['b', 'job:up:sum'],
        ],
      ],
      [
        [
          ['rule_name[]', 'Down'],
          ['rule_name[]', 'x'],
        ],
        [
          ['a', 'Down'],
          ['c', 'Down'],
        ],
      ],
      [[['file[]', 'b.yml']], [['b', 'job:up:sum']]],
      [
        [['match[]', '{severity="page"}']],
        [
          ['a', 'Down'],
          ['c', 'Down'],
        ],
      ],
      [[['match[]', '{severity="none"}']], []],
    ] as [[string, string][], string[][]][]) {
      assert.deepEqual(namesOf(await ask('rules', params)), want, JSON.stringify(params));
    }
  });

  test('come in pages', async () => {
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const params: [string, string][] = [['group_limit', '2']];
      if (token !== undefined) params.push(['group_next_token', token]);
      const data = await ask('rules', params);
      assert.ok(data.groups.length <= 2);
      seen.push(...data.groups.map((g: { name: string }) => g.name));
      token = data.groupNextToken;
    } while (token !== undefined);
    assert.deepEqual(seen, ['a', 'b', 'c']);
  });

  test('bad parameters are refused in the words of the original', async () => {
    for (const [params, message] of [
      [[['type', 'X']], 'invalid parameter "type": not supported value "x"'],
      [
        [['exclude_alerts', 'x']],
        'invalid parameter "exclude_alerts": error converting exclude_alerts: strconv.ParseBool: parsing "x": invalid syntax',
      ],
      [
        [['group_limit', 'x']],
        'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "x": invalid syntax',
      ],
      [
        [['group_limit', '99999999999']],
        'invalid parameter "group_limit": group_limit needs to be a valid number: strconv.ParseInt: parsing "99999999999": value out of range',
      ],
      [[['group_limit', '-1']], 'invalid parameter "group_limit": group_limit needs to be greater than 0'],
      [
        [['group_next_token', 'a']],
        'invalid parameter "group_next_token": group_limit needs to be present in order to paginate over the groups',
      ],
      [
        [
          ['group_limit', '1'],
          ['group_next_token', 'a'],
        ],
        `invalid parameter "group_next_token": invalid group_next_token 'a'. were rule groups changed?`,
      ],
      [[['match[]', 'a{']], '1:3: parse error: unexpected end of input inside braces'],
      [[['match[]', '{}']], 'match[] must contain at least one non-empty matcher'],
    ] as [[string, string][], string][]) {
      await assert.rejects(ask('rules', params), { kind: 'bad_data', message });
    }
  });

  test('alerts of all groups, and Alertmanagers', async () => {
    const { alerts } = await ask('alerts');
    assert.deepEqual(
      alerts.map((a: { value: string }) => a.value),
      ['1e+00', '1e+00'],
    );
    assert.deepEqual(await ask('alertmanagers'), {
      activeAlertmanagers: [{ url: 'http://am:9093/api/v2/alerts' }],
      droppedAlertmanagers: [],
    });
  });
});

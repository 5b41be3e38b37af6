/** Who is told of what, and when: groups, intervals, repetition, what keeps alerts silent, failures, restarts and other configurations. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { START_MS, silence } from './memory-silences.ts';
import { refusal, type Scene, scene } from './policies.ts';

const RECEIVERS = `
receivers:
- name: team
  webhook_configs: [{url: 'http://t'}]
- name: pager
  webhook_configs: [{url: 'http://p', send_resolved: false}]
- name: both
  webhook_configs: [{url: 'http://a'}, {url: 'http://b'}]
- name: nobody
`;
const PLAIN = `
route: {receiver: team, group_by: [cluster], group_wait: 10s, group_interval: 60s, repeat_interval: 10m}
${RECEIVERS}`;

const A = { alertname: 'A', cluster: '1' };
const B = { alertname: 'B', cluster: '1' };
const C = { alertname: 'C', cluster: '2' };

/** Runs `body` in a scene and ends it. */
function inScene(config: string, body: (s: Scene) => Promise<void>): () => Promise<void> {
  return async () => {
    const s = await scene(config);
    try {
      await body(s);
      assert.deepEqual(s.problems, []);
    } finally {
      await s.am.stop(AbortSignal.abort());
    }
  };
}

describe('a group', () => {
  it(
    'waits, is told of news at its intervals, and of nothing again before the repetition',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.seconds(5);
      await s.fire(C, { startS: 5 });
      await s.seconds(4);
      assert.deepEqual(s.heard(), []);
      await s.seconds(20);
      assert.deepEqual(s.heard(), ['10s team: A', '15s team: C']);
      await s.fire(B, { startS: 29 });
      await s.seconds(40);
      assert.deepEqual(s.heard(), []);
      await s.seconds(10);
      assert.deepEqual(s.heard(), ['70s team: A B']);
      await s.seconds(599);
      assert.deepEqual(s.heard(), ['675s team: C'], 'the first look after the repetition is due, not on it');
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['730s team: A B']);
    }),
  );

  it(
    'is told that alerts are over once, and ends with the last of them',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.fire(B);
      await s.seconds(10);
      await s.resolve(A);
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['10s team: A B', '70s team: -A B']);
      await s.resolve(B);
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['130s team: -B']);
      assert.equal(s.am.counts().groups, 0);
      await s.seconds(3600);
      assert.deepEqual(s.heard(), []);
    }),
  );

  it(
    'is not told of what came and went between two looks',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.seconds(5);
      await s.resolve(A);
      await s.seconds(60);
      assert.deepEqual(s.heard(), []);
      assert.equal(s.am.counts().groups, 0);
    }),
  );

  it(
    'that begins with an old alert is told at once',
    inScene(PLAIN, async (s) => {
      await s.seconds(60);
      await s.fire(A, { startS: 0 });
      await s.seconds(0);
      assert.deepEqual(s.heard(), ['60s team: A']);
    }),
  );

  it(
    'has its key from the matchers of the routes and its labels',
    inScene(
      `
route:
  receiver: team
  routes:
  - matchers: [severity="page", 'team=~"a|b"']
    receiver: pager
    group_by: [...]
    group_wait: 0s
${RECEIVERS}`,
      async (s) => {
        await s.fire({ alertname: 'A', severity: 'page', team: 'a', x: 'q"' });
        await s.seconds(0);
        assert.deepEqual(
          s.told.map(({ groupKey, reason }) => [groupKey, reason]),
          [
            [
              '{}/{severity="page",team=~"a|b"}:{alertname="A", severity="page", team="a", x="q\\""}',
              'first notification',
            ],
          ],
        );
      },
    ),
  );
});

describe('routes', () => {
  const TREE = `
route:
  receiver: team
  group_by: [...]
  group_wait: 1s
  routes:
  - {match: {severity: page}, receiver: pager, continue: true}
  - match_re: {team: 'a.*'}
    receiver: nobody
    routes:
    - {matchers: ['{quiet!="yes"}'], receiver: both}
  - {matchers: ['severity=~".+"'], receiver: pager}
${RECEIVERS}`;

  it(
    'are taken depth first, the first that matches, and further ones where one continues',
    inScene(TREE, async (s) => {
      const told = async (labels: Record<string, string>) => {
        await s.fire(labels);
        await s.seconds(60);
        return s.heard().map((line) => line.replace(/^\S+ (\w+): .*$/, '$1'));
      };
      assert.deepEqual(await told({ alertname: '1' }), ['team']);
      assert.deepEqual(await told({ alertname: '2', severity: 'page' }), ['pager', 'pager']);
      assert.deepEqual(await told({ alertname: '3', severity: 'page', team: 'abc' }), [
        'pager',
        'both',
        'both',
      ]);
      assert.deepEqual(await told({ alertname: '4', team: 'abc', quiet: 'yes' }), []);
      assert.deepEqual(await told({ alertname: '5', severity: 'x', team: 'b' }), ['pager']);
    }),
  );
});

describe('who wants to know of firing alerts alone', () => {
  it(
    'is not told of others, and told anew when one fires again',
    inScene(PLAIN.replace('receiver: team,', 'receiver: pager,'), async (s) => {
      await s.fire(A);
      await s.fire(B);
      await s.seconds(10);
      await s.resolve(A);
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['10s pager: A B']);
      await s.resolve(B);
      await s.seconds(120);
      await s.fire(A, { startS: 190 });
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['200s pager: A']);
    }),
  );
});

describe('alerts are kept silent', () => {
  it(
    'by silences: one that ends while it is silenced is never told of',
    inScene(PLAIN, async (s) => {
      await s.alerts.silences.set(silence({ endsAtMs: START_MS + 100_000 }));
      await s.fire(A);
      await s.fire(B);
      await s.seconds(10);
      assert.deepEqual(s.heard(), ['10s team: B']);
      const [muted] = s.alerts.dispatch.history.mutedGroups();
      assert.equal(muted?.by, 'silence');
      await s.seconds(120);
      assert.deepEqual(s.heard(), ['130s team: A B'], 'it fires still');
      assert.deepEqual(s.alerts.dispatch.history.mutedGroups(), []);
      await s.alerts.silences.set(silence({ endsAtMs: START_MS + 1_000_000 }));
      await s.resolve(A);
      await s.seconds(60);
      assert.deepEqual(s.heard(), []);
    }),
  );

  it(
    'by inhibition, not by themselves nor by what is target, too',
    inScene(
      `${PLAIN}
inhibit_rules:
- source_matchers: [severity="critical"]
  target_match_re: {severity: warning|critical}
  equal: [cluster, missing]
`,
      async (s) => {
        await s.fire({ ...A, severity: 'warning' });
        await s.fire({ ...B, severity: 'critical' });
        await s.fire({ ...C, severity: 'warning' });
        await s.fire({ alertname: 'D', cluster: '1', severity: 'critical' });
        await s.seconds(10);
        assert.deepEqual(s.heard(), ['10s team: C', '10s team: B D'].sort());
        await s.resolve({ ...B, severity: 'critical' });
        await s.resolve({ alertname: 'D', cluster: '1', severity: 'critical' });
        await s.seconds(60);
        assert.deepEqual(s.heard(), ['70s team: A -B -D']);
      },
    ),
  );

  it(
    'at times when their route is silent',
    inScene(
      `
route:
  receiver: nobody
  routes:
  - {matchers: [t="mute"], receiver: team, mute_time_intervals: [first], group_wait: 0s, group_interval: 1m}
  - {matchers: [t="active"], receiver: both, active_time_intervals: [second], group_wait: 0s, group_interval: 1m}
time_intervals:
- {name: first, time_intervals: [{times: [{start_time: '00:00', end_time: '01:00'}]}]}
- {name: second, time_intervals: [{times: [{start_time: '02:00', end_time: '24:00'}]}]}
${RECEIVERS}`,
      async (s) => {
        await s.fire({ alertname: 'M', t: 'mute' });
        await s.fire({ alertname: 'X', t: 'active' });
        await s.seconds(3599);
        assert.deepEqual(s.heard(), []);
        assert.deepEqual(
          s.alerts.dispatch.history
            .mutedGroups()
            .map(({ by, names }) => [by, names])
            .sort(),
          [
            ['active_time_interval', ['second']],
            ['mute_time_interval', ['first']],
          ],
        );
        await s.seconds(1);
        assert.deepEqual(s.heard(), ['3600s team: M']);
        await s.seconds(3600);
        assert.deepEqual(s.heard(), ['7200s both: X', '7200s both: X']);
      },
    ),
  );
});

describe('a notification that fails', () => {
  it(
    'is tried again with growing pauses until the next look',
    inScene(PLAIN, async (s) => {
      s.failures.push(refusal(true), refusal(true), refusal(true));
      await s.fire(A);
      await s.seconds(20);
      assert.deepEqual(s.heard(), [`${10 + 0.5 + 0.75 + 1.125}s team: A`]);
      assert.match(
        s.telemetry.print(),
        /^alertmanager_notification_requests_total\{integration="webhook"\} 4$/m,
      );
      assert.match(s.telemetry.print(), /^alertmanager_notifications_total\{integration="webhook"\} 1$/m);
    }),
  );

  it(
    'for good is tried at the next look, and what is over is not forgotten meanwhile',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.seconds(10);
      await s.resolve(A);
      s.failures.push(refusal(false));
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['10s team: A']);
      const [failed] = s.alerts.dispatch.history.entries();
      assert.deepEqual(
        [failed?.outcome, failed?.tries, failed?.error],
        ['failed', 1, 'refused for good at attempt 1: no'],
      );
      const failing = {
        receiver: 'team',
        integration: 'webhook[0]',
        sinceMs: START_MS + 70_000,
        notifications: 1,
      };
      assert.deepEqual(s.am.failingReceivers(), [{ ...failing, error: failed!.error }]);
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['130s team: -A']);
      assert.deepEqual(s.am.failingReceivers(), []);
      const failures =
        /^alertmanager_notifications_failed_total\{integration="webhook",reason="clientError"\} 1$/m;
      assert.match(s.telemetry.print(), failures);
    }),
  );

  it(
    'of one integration does not concern the other one',
    inScene(PLAIN.replace('receiver: team,', 'receiver: both,'), async (s) => {
      s.failures.push(refusal(false));
      await s.fire(A);
      await s.seconds(70);
      assert.deepEqual(s.heard(), ['10s both: A', '70s both: A']);
    }),
  );

  it(
    'is given up when the group is looked at next',
    inScene(PLAIN, async (s) => {
      for (let i = 0; i < 1000; i++) s.failures.push(refusal(true));
      await s.fire(A);
      await s.seconds(69);
      assert.equal(s.alerts.dispatch.history.entries()[0]?.outcome, 'failing');
      await s.seconds(2);
      const outcomes = s.alerts.dispatch.history.entries().map(({ outcome }) => outcome);
      assert.deepEqual(outcomes, ['failing', 'failed']);
      s.failures.length = 0;
      await s.seconds(60);
      assert.equal(s.heard().length, 1);
    }),
  );
});

describe('a restart', () => {
  it(
    'repeats nothing and goes on with the times of groups',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.seconds(20);
      assert.deepEqual(s.heard(), ['10s team: A']);
      await s.restart(5);
      await s.fire(B, { startS: 25 });
      await s.seconds(60);
      assert.deepEqual(s.heard(), ['70s team: A B']);
      await s.seconds(500);
      await s.restart(20);
      await s.seconds(120);
      assert.equal(s.heard().length, 1, 'the repetition is due when it was');
    }),
  );

  it(
    'tells of what ended meanwhile when nobody says any more that it fires',
    inScene(PLAIN, async (s) => {
      await s.fire(A, { endS: 240 });
      await s.fire(C, { endS: 240 });
      await s.seconds(20);
      s.heard();
      await s.restart(300);
      await s.fire(C, { endS: 900 });
      await s.seconds(239);
      assert.deepEqual(s.heard(), []);
      await s.seconds(1);
      assert.deepEqual(s.heard(), ['560s team: -A']);
      assert.equal([...s.store.state.values()].filter(({ kind }) => kind === 'alert').length, 1);
    }),
  );

  it(
    'delivers what was not delivered before',
    inScene(PLAIN, async (s) => {
      s.failures.push(refusal(false));
      await s.fire(A);
      await s.seconds(20);
      await s.restart(1);
      await s.seconds(0);
      assert.deepEqual(s.heard(), ['21s team: A']);
      await s.resolve(A);
      await s.restart(1);
      await s.seconds(100);
      assert.deepEqual(s.heard(), ['81s team: -A']);
    }),
  );
});

describe('a crash', () => {
  it(
    'in the middle of a notification leaves nobody with an alert that never ends',
    inScene(PLAIN, async (s) => {
      await s.fire(A, { endS: 60 });
      // The receiver is told, and the server is gone before it hears that it was.
      const before = await s.crash();
      assert.equal(before, 1);
      await s.resolve(A);
      await s.seconds(100);
      assert.deepEqual(
        s.heard().map((line) => line.replace(/^\S+ /, '')),
        ['team: -A'],
      );
      assert.equal(s.store.state.size, 1, 'nothing but that it is over');
    }),
  );

  it(
    'is remembered until the receiver can be told, also over another restart',
    inScene(PLAIN, async (s) => {
      await s.fire(A, { endS: 60 });
      await s.crash();
      await s.resolve(A);
      s.failures.push(refusal(false));
      await s.seconds(1);
      await s.restart();
      await s.seconds(100);
      assert.deepEqual(
        s.heard().map((line) => line.replace(/^\S+ /, '')),
        ['team: -A'],
      );
    }),
  );

  it(
    'repeats what may not have arrived',
    inScene(PLAIN, async (s) => {
      await s.fire(A);
      await s.crash();
      await s.seconds(100);
      assert.deepEqual(
        s.heard().map((line) => line.replace(/^\S+ /, '')),
        ['team: A'],
      );
    }),
  );
});

describe('another configuration', () => {
  it(
    'tells nothing twice, also of what is under way',
    inScene(PLAIN, async (s) => {
      let open = () => {};
      s.gate = new Promise((resolve) => {
        open = resolve;
      });
      await s.fire(A);
      const passing = s.seconds(10);
      await new Promise((resolve) => setTimeout(resolve, 20));
      void s.am.apply(await s.policy(PLAIN));
      open();
      await passing;
      await s.seconds(120);
      assert.deepEqual(
        s.heard().map((line) => line.replace(/^\S+ /, '')),
        ['team: A'],
      );
    }),
  );

  it(
    'takes present alerts where they belong now',
    inScene(PLAIN.replace('receiver: team,', 'receiver: nobody,'), async (s) => {
      await s.fire(A);
      await s.seconds(60);
      void s.am.apply(await s.policy(PLAIN));
      await s.seconds(0);
      assert.deepEqual(s.heard(), ['60s team: A']);
    }),
  );
});

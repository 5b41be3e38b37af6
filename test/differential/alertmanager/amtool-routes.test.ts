/** What amtool prints of a real Alertmanager and of the built-in one, of the same configuration: routes, tests of routes, alerts. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { type RunningProgram, skipUnless, startProgram } from '../../support/program.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { ALERTMANAGER, AMTOOL, MISSING, OTHER_ALERTMANAGER } from './peers.ts';

const CONFIG = `
global: {resolve_timeout: 7m}
route:
  receiver: team
  group_by: [alertname, cluster]
  routes:
  - matchers: [severity="page"]
    receiver: pager
    continue: true
    routes:
    - {match: {team: db}, receiver: dba, group_by: ['...']}
    - {match_re: {team: 'a|b'}, group_wait: 10s}
  - {matchers: ['svc=~"w.*"', 'cluster!="x"'], receiver: web, mute_time_intervals: [nights]}
  - {matchers: [severity=~".+"], receiver: pager}
inhibit_rules:
- {source_matchers: [severity="page"], target_matchers: [severity="info"], equal: [cluster]}
time_intervals:
- {name: nights, time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}], weekdays: ['monday:friday']}]}
receivers: [{name: team}, {name: pager}, {name: dba}, {name: web}]
`;

const COMMANDS = [
  'config routes',
  'config routes show',
  'config routes test severity=page team=db',
  'config routes test severity=page team=b svc=web',
  'config routes test svc=web cluster=y',
  'config routes test svc=web cluster=x',
  'config routes test a=b',
  'config routes test --verify.receivers=pager,web severity=page svc=www',
  'config routes test --verify.receivers=web severity=page',
  'config routes test --tree severity=page team=db',
  'alert query',
  'alert query --inhibited',
  'alert query --active',
  'alert query --receiver=pager',
  'alert query -o json',
  'alert query -o extended severity=info',
  'cluster show',
];

describe('amtool, of a tree of routes', {
  skip: OTHER_ALERTMANAGER
    ? 'amtool goes with the installed Alertmanager'
    : skipUnless(ALERTMANAGER !== undefined && AMTOOL !== undefined, MISSING),
}, () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-amtool-'));
  let alertmanager: RunningProgram;
  let server: TestServer;
  let real: string;

  before(async () => {
    const file = path.join(dir, 'alertmanager.yml');
    fs.writeFileSync(file, CONFIG);
    const port = await freePort();
    alertmanager = startProgram(ALERTMANAGER!, [
      `--config.file=${file}`,
      `--storage.path=${path.join(dir, 'real')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ]);
    real = `http://127.0.0.1:${port}`;
    server = await startServer({ dataDir: path.join(dir, 'own'), args: ['--alertmanager.config', file] });
    await eventually(async () => fetch(`${real}/api/v2/status`));
    const alerts = [
      { alertname: 'Down', severity: 'page', cluster: '1', team: 'db' },
      { alertname: 'Slow', severity: 'info', cluster: '1' },
      { alertname: 'Slow', severity: 'info', cluster: '2', svc: 'web' },
      { alertname: 'Odd' },
    ].map((labels) => ({ labels, startsAt: '2020-01-01T00:00:00Z', endsAt: '2099-01-01T00:00:00Z' }));
    for (const base of [real, server.base]) {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${base}/api/v2/alerts`, {
        method: 'POST',
        headers,
        body: JSON.stringify(alerts),
      });
      assert.equal(answer.status, 200);
    }
  });

  after(async () => {
    await alertmanager?.stop('SIGKILL');
    await server?.stop('SIGKILL');
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  });

  function run(base: string, command: string): string {
    const { stdout, stderr, status } = spawnSync(
      AMTOOL!,
      [`--alertmanager.url=${base}`, ...command.split(' ')],
      {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      },
    );
    return `${stdout}${stderr.replace(/^Warning: amtool version.*\n/gm, '')}[${status}]`
      .replaceAll(/"20(?!20|99)\d\d-[^"]*Z"/g, '"time"')
      .replaceAll(/,"mutedBy":\[\]/g, '');
  }

  for (const command of COMMANDS) {
    it(command, async () => {
      await eventually(async () => assert.equal(run(server.base, command), run(real, command)), 3000);
    });
  }
});

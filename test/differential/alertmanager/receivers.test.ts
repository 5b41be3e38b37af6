/** What a real Alertmanager sends for alerts, and what Trilite's receivers send for the same configuration and the same alerts. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Labels } from '../../../src/model/labels.ts';
import {
  EXTERNAL_URL,
  integrationsOf,
  notificationOf,
  type ToldAlert,
} from '../../alertmanager/receivers.ts';
import { freePort } from '../../support/free-port.ts';
import { type MailRecorder, mailParts, splitMail, startMailRecorder } from '../../support/mail-recorder.ts';
import { eventually } from '../../support/poll.ts';
import { type RunningProgram, skipUnless, startProgram } from '../../support/program.ts';
import { type RecordedRequest, type RequestRecorder, startRecorder } from '../../support/request-recorder.ts';
import { ALERTMANAGER, MISSING } from './peers.ts';
import { configOf, USER_TEMPLATES } from './receivers-config.ts';

/** Young enough that none of them is told of before the group has waited. */
const BEGAN_MS = Date.now();
const ALERTS: readonly Omit<ToldAlert, 'endsAt'>[] = [
  {
    labels: { alertname: 'DiskFull', instance: 'db-1:9100', job: 'node', severity: 'critical', zone: 'a' },
    annotations: { summary: 'Disk <full> & "hot" ☃', description: 'line one\nline two' },
    startsAt: new Date(BEGAN_MS).toISOString(),
    generatorURL: 'http://prom.example/graph?g0.expr=disk+%3E+95&g0.tab=1',
  },
  {
    labels: { alertname: 'DiskFull', instance: 'db-2:9100', job: 'node', severity: 'critical' },
    annotations: { summary: 'Disk full' },
    startsAt: new Date(BEGAN_MS + 1000).toISOString(),
    generatorURL: '',
  },
];
const ENDS_AT = new Date(BEGAN_MS + 1001).toISOString();

/** Parts of the newer Alertmanager's bodies that an older one does not have. */
const NEWER = ['notification_reason', 'routeLabels'];

describe("receivers' requests", {
  skip: skipUnless(ALERTMANAGER !== undefined, MISSING),
  timeout: 60_000,
}, () => {
  let dir: string;
  let theirs: RequestRecorder;
  let ours: RequestRecorder;
  let theirMail: MailRecorder;
  let ourMail: MailRecorder;
  let alertmanager: RunningProgram;
  let isOld: boolean;

  before(async () => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-receivers-'));
    const answer: Parameters<typeof startRecorder>[0] = ({ path: where }, response) => {
      if (where.startsWith('/slack')) response.end('ok');
      else
        response
          .setHeader('Content-Type', 'application/json')
          .end('{"ok":true,"success":true,"result":{"chat":{}}}');
    };
    [theirs, ours] = [await startRecorder(answer), await startRecorder(answer)];
    const mail = { authMethods: ['PLAIN', 'LOGIN'], disabledCommands: ['STARTTLS'], allowInsecureAuth: true };
    [theirMail, ourMail] = [await startMailRecorder(mail), await startMailRecorder(mail)];
    const port = await freePort();
    const templates = path.join(dir, 'user.tmpl');
    const file = path.join(dir, 'alertmanager.yml');
    fs.writeFileSync(templates, USER_TEMPLATES);
    isOld = /version 0\.(?:[0-2]\d|3[0-3])\./.test(await versionOf());
    fs.writeFileSync(file, configOf(theirs.base, theirMail.port, isOld));
    alertmanager = startProgram(ALERTMANAGER!, [
      `--config.file=${file}`,
      `--storage.path=${path.join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      `--web.external-url=${EXTERNAL_URL}`,
      '--web.route-prefix=/',
      '--cluster.listen-address=',
    ]);
    await postBoth(`http://127.0.0.1:${port}`, alertmanager);
    await sendOurs();
  });

  after(async () => {
    await alertmanager?.stop('SIGKILL');
    await Promise.all([theirs, ours, theirMail, ourMail].map((server) => server?.stop()));
    fs.rmSync(dir, { recursive: true, force: true });
  });

  async function versionOf(): Promise<string> {
    const program = startProgram(ALERTMANAGER!, ['--version']);
    await program.exited;
    return program.output();
  }

  /** Waits until it has told of both states by every receiver. */
  async function postBoth(real: string, program: RunningProgram): Promise<void> {
    for (const endsAt of [undefined, ENDS_AT]) {
      const body = JSON.stringify(
        ALERTS.map((alert) => ({ ...alert, ...(endsAt !== undefined && { endsAt }) })),
      );
      const headers = { 'Content-Type': 'application/json' };
      await eventually(async () => {
        const answer = await fetch(`${real}/api/v2/alerts`, { method: 'POST', body, headers });
        assert.equal(answer.status, 200, program.output());
      });
      const { integrations } = await integrationsOf(configOf(theirs.base, theirMail.port, isOld));
      const times = endsAt === undefined ? 1 : 2;
      const http = integrations.filter(({ name }) => name !== 'email').length * times;
      await eventually(async () => {
        assert.ok(
          theirs.requests.length >= http,
          `${theirs.requests.length} of ${http}\n${program.output()}`,
        );
        assert.ok(theirMail.mails.length >= times, program.output());
      });
    }
  }

  async function sendOurs(): Promise<void> {
    const files = [{ name: 'user.tmpl', text: USER_TEMPLATES }];
    const { integrations } = await integrationsOf(configOf(ours.base, ourMail.port, isOld), files);
    const more = {
      groupKey: '{}:{alertname="DiskFull"}',
      groupLabels: Labels.from({ alertname: 'DiskFull' }),
    };
    for (const endsAt of [undefined, ENDS_AT]) {
      const alerts = ALERTS.map((alert) => ({ ...alert, ...(endsAt !== undefined && { endsAt }) }));
      const reason = endsAt === undefined ? 'first notification' : 'all alerts resolved';
      const notification = notificationOf(alerts, { ...more, reason });
      for (const integration of integrations)
        await integration.notify(notification, new AbortController().signal);
    }
    for (const integration of integrations) integration.close?.();
  }

  const comparable = ({ method, path: where, headers, body }: RecordedRequest): object => ({
    method,
    path: where,
    type: headers['content-type'],
    authorization: headers.authorization,
    user: [headers['x-auth-token'], headers['x-user-id']],
    body: isOld ? older(body) : body,
  });

  function older(body: string): unknown {
    const message = JSON.parse(body) as Record<string, unknown>;
    for (const name of NEWER) delete message[name];
    // Details of events were texts of their own then.
    if (typeof message.payload === 'object')
      delete (message.payload as Record<string, unknown>).custom_details;
    return message;
  }

  it('are the same', () => {
    const byPath = (requests: readonly RecordedRequest[]): Map<string, object[]> => {
      const out = new Map<string, object[]>();
      for (const request of requests) {
        const key = request.path.split('?')[0]!;
        out.set(key, [...(out.get(key) ?? []), comparable(request)]);
      }
      return out;
    };
    const base = (text: string): string => text.replaceAll(theirs.base, ours.base);
    const wanted = JSON.parse(base(JSON.stringify([...byPath(theirs.requests)].sort())));
    assert.deepEqual(JSON.parse(JSON.stringify([...byPath(ours.requests)].sort())), wanted);
  });

  it('by mail have the same headers and parts', () => {
    assert.equal(ourMail.mails.length, theirMail.mails.length);
    for (const [i, their] of theirMail.mails.entries()) {
      const our = ourMail.mails[i]!;
      assert.deepEqual({ ...our, text: '' }, { ...their, text: '' });
      const headers = (text: string): [string, string][] =>
        [...splitMail(text).headers]
          .filter(([name]) => !['Date', 'Message-Id', 'Content-Type'].includes(name))
          .sort();
      assert.deepEqual(headers(our.text), headers(their.text));
      assert.deepEqual(mailParts(our.text), mailParts(their.text));
      const id = splitMail(our.text).headers.get('Message-Id')!;
      assert.match(id, /^<\d+\.\d+@[^@>]+>$/);
    }
  });
});

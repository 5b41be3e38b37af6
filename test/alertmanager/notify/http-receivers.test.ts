/** Receivers over HTTP when things go wrong: what is tried again, what is told of it, and what is cut. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import type http from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { NotifyError } from '../../../src/alertmanager/notify/integration.ts';
import { SlackIntegration } from '../../../src/alertmanager/notify/slack.ts';
import type { SlackConfig } from '../../../src/alertmanager/receiver-config.ts';
import { NotificationTemplates } from '../../../src/alertmanager/templates/notification-templates.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { HeldClock } from '../../../src/base/held-clock.ts';
import { SILENT } from '../../../src/base/log.ts';
import { parseInlineYaml } from '../../../src/config/alertmanager/inline-yaml.ts';
import { type RecordedRequest, type RequestRecorder, startRecorder } from '../../support/request-recorder.ts';
import { integrationsOf, notificationOf, receiversOf, type ToldAlert } from '../receivers.ts';

const ALERT: ToldAlert = {
  labels: { alertname: 'A' },
  annotations: {},
  startsAt: '2025-08-01T10:00:00Z',
  generatorURL: '',
};
const never = new AbortController().signal;

let recorder: RequestRecorder;
let respond: (request: RecordedRequest, response: http.ServerResponse) => void;
let dir: string;

before(async () => {
  recorder = await startRecorder((request, response) => respond(request, response));
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-receivers-'));
});
after(async () => {
  await recorder.stop();
  fs.rmSync(dir, { recursive: true });
});

const receiver = (kind: string, entry: object): string =>
  JSON.stringify({ receivers: [{ name: 'team', [`${kind}_configs`]: [entry] }] });

async function send(kind: string, entry: object, alerts: readonly ToldAlert[] = [ALERT]): Promise<string> {
  const { integrations, log } = await integrationsOf(receiver(kind, entry));
  const from = recorder.requests.length;
  try {
    await integrations[0]!.notify(notificationOf(alerts), never);
  } finally {
    integrations[0]!.close?.();
  }
  return recorder.requests[from]?.body ?? log.join('');
}

async function failure(
  kind: string,
  entry: object,
): Promise<Pick<NotifyError, 'message' | 'mayRetry' | 'reason'>> {
  try {
    await send(kind, entry);
  } catch (error) {
    assert.ok(error instanceof NotifyError, String(error));
    const { message, mayRetry, reason } = error;
    return { message, mayRetry, reason };
  }
  return assert.fail('it was delivered');
}

const status =
  (code: number, body = '', type = 'text/plain') =>
  (_: RecordedRequest, response: http.ServerResponse): void => {
    response.writeHead(code, { 'Content-Type': type }).end(body);
  };

describe('a status that is no success', () => {
  const table: [kind: string, code: number, mayRetry: boolean, reason: string][] = [
    ['webhook', 400, false, 'clientError'],
    ['webhook', 401, false, 'authError'],
    ['webhook', 429, false, 'rateLimited'],
    ['webhook', 500, true, 'serverError'],
    ['webhook', 503, true, 'serverError'],
    ['slack', 429, false, 'rateLimited'],
    ['slack', 502, true, 'serverError'],
    ['pagerduty', 400, false, 'clientError'],
    ['pagerduty', 403, false, 'authError'],
    ['pagerduty', 429, true, 'rateLimited'],
    ['pagerduty', 500, true, 'serverError'],
  ];
  for (const [kind, code, mayRetry, reason] of table) {
    it(`${code} of ${kind} ${mayRetry ? 'may' : 'may not'} be tried again`, async () => {
      respond = status(code, 'because');
      const key = kind === 'slack' ? 'api_url' : 'url';
      const entry = { [key]: `${recorder.base}/x`, ...(kind === 'pagerduty' && { routing_key: 'r' }) };
      const told = await failure(kind, entry);
      assert.equal(told.mayRetry, mayRetry);
      assert.equal(told.reason, reason);
      const details = kind === 'pagerduty' ? '' : ': because';
      const prefix = kind === 'slack' ? 'channel "": ' : '';
      assert.equal(told.message, `${prefix}unexpected status code ${code}${details}`);
    });
  }

  it('of PagerDuty says what is wrong with the event', async () => {
    respond = status(
      400,
      '{"status":"invalid event","message":"Event object is invalid","errors":["a","b"]}',
    );
    const told = await failure('pagerduty', { url: recorder.base, routing_key: 'r' });
    assert.equal(told.message, 'unexpected status code 400: Event object is invalid: a,b');
  });
});

describe("Slack's answers", () => {
  const table: [type: string, body: string, message: string, mayRetry: boolean][] = [
    ['text/plain', 'no_team', 'received an error response from Slack: no_team', false],
    [
      'application/json',
      '{"ok":false,"error":"channel_not_found"}',
      'error response from Slack: channel_not_found',
      false,
    ],
    ['application/json', '<html>', 'could not unmarshal JSON response "<html>"', true],
  ];
  for (const [type, body, message, mayRetry] of table) {
    it(`${body} is a failure`, async () => {
      respond = status(200, body, type);
      const told = await failure('slack', { api_url: recorder.base, channel: '#a' });
      assert.deepEqual(told, { message: `channel "#a": ${message}`, mayRetry, reason: 'clientError' });
    });
  }

  it('name the message that is changed the next time', async () => {
    respond = status(200, '{"ok":true,"ts":"17.5","channel":"C1"}', 'application/json');
    const url = 'https://slack.com/api/chat.postMessage';
    const { receivers } = await receiversOf(
      receiver('slack', { api_url: url, channel: '#a', update_message: true }),
    );
    const [config] = receivers[0]!.integrations as [SlackConfig];
    const slack = new SlackIntegration(
      { ...config, url: { value: `${recorder.base}/api/chat.postMessage` } },
      {
        ...{ clock: systemClock, log: SILENT, parseYaml: parseInlineYaml, externalUrl: () => '' },
        templates: new NotificationTemplates([]),
      },
    );
    const other = notificationOf([ALERT], { groupKey: '{}:{a="b"}' });
    for (const notification of [notificationOf([ALERT]), notificationOf([ALERT]), other]) {
      await slack.notify(notification, never);
    }
    const told = recorder.requests.slice(-3).map(({ path: where, body }) => {
      const { channel, ts } = JSON.parse(body);
      return [where, channel, ts];
    });
    assert.deepEqual(told, [
      ['/api/chat.postMessage', '#a', undefined],
      ['/api/chat.update', 'C1', '17.5'],
      ['/api/chat.postMessage', '#a', undefined],
    ]);
    slack.close();
  });
});

describe('a server that does not answer', () => {
  it('because nobody listens', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const told = await failure('webhook', { url: `http://127.0.0.1:${port}/secret` });
    const message = `Post "<redacted>": dial tcp 127.0.0.1:${port}: connect: connection refused`;
    assert.deepEqual(told, { message, mayRetry: true, reason: 'other' });
  });

  it('but resets the connection', async () => {
    const server = await listening((socket) => socket.resetAndDestroy());
    const told = await failure('webhook', { url: `http://127.0.0.1:${portOf(server)}/` });
    server.close();
    assert.match(told.message, /^Post "<redacted>": (?:read: connection reset by peer|EOF)$/);
    assert.equal(told.mayRetry, true);
  });

  it('and speaks no TLS where it should', async () => {
    const told = await failure('webhook', { url: `https://127.0.0.1:${recorder.port}/` });
    assert.match(told.message, /^Post "<redacted>": /);
    assert.equal(told.mayRetry, true);
  });

  it('within its timeout', async () => {
    const clock = new HeldClock(0);
    respond = () => clock.advance(2000);
    const { integrations } = await integrationsOf(
      receiver('webhook', { url: recorder.base, timeout: '1.5s' }),
      [],
      clock,
    );
    await assert.rejects(integrations[0]!.notify(notificationOf([ALERT]), never), {
      message: 'Post "<redacted>": context deadline exceeded: configured webhook timeout reached (1.5s)',
      mayRetry: true,
    });
    integrations[0]!.close?.();
  });

  it('until the dispatcher gives up', async () => {
    const stop = new AbortController();
    respond = () => stop.abort(new Error('context deadline exceeded'));
    const { integrations } = await integrationsOf(receiver('webhook', { url: recorder.base }));
    await assert.rejects(integrations[0]!.notify(notificationOf([ALERT]), stop.signal), {
      message: 'Post "<redacted>": context deadline exceeded',
    });
    integrations[0]!.close?.();
  });

  async function listening(onSocket: (socket: import('node:net').Socket) => void): Promise<Server> {
    const server = createServer(onSocket);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }
  const portOf = (server: Server): number => (server.address() as AddressInfo).port;
});

describe('what a file holds', () => {
  it('is read anew for each notification', async () => {
    respond = status(200);
    const file = path.join(dir, 'url');
    const { integrations } = await integrationsOf(receiver('webhook', { url_file: file }));
    for (const where of ['/one', '/two']) {
      fs.writeFileSync(file, `${recorder.base}${where}\n`);
      await integrations[0]!.notify(notificationOf([ALERT]), never);
      assert.equal(recorder.requests.at(-1)!.path, where);
    }
    fs.rmSync(file);
    await assert.rejects(integrations[0]!.notify(notificationOf([ALERT]), never), {
      message: `read url_file: unable to read file ${file}: open ${file}: no such file or directory`,
      mayRetry: false,
    });
    integrations[0]!.close?.();
  });
});

describe('a template that fails', () => {
  it('is told of and not tried again', async () => {
    respond = status(200);
    const told = await failure('slack', { api_url: recorder.base, title: '{{ .Nope }}' });
    const message = `template: :1:3: executing "" at <.Nope>: can't evaluate field Nope in type *template.Data`;
    assert.deepEqual(told, { message, mayRetry: false, reason: 'other' });
  });
});

describe('what is too long', () => {
  it('is a title of Slack, cut with a mark', async () => {
    respond = status(200, 'ok');
    const body = await send('slack', { api_url: recorder.base, title: '☃'.repeat(1025) });
    assert.equal(JSON.parse(body).attachments[0].title, `${'☃'.repeat(1023)}…`);
  });

  it('are details of PagerDuty, left out', async () => {
    respond = status(202);
    const annotations = { summary: 'x'.repeat(300_000) };
    const body = await send(
      'pagerduty',
      { url: recorder.base, routing_key: 'r', description: 'd'.repeat(2000) },
      [
        { ...ALERT, annotations },
        { ...ALERT, annotations, labels: { alertname: 'B' } },
      ],
    );
    const { payload, dedup_key } = JSON.parse(body);
    const error =
      'Custom details have been removed because the original event exceeds the maximum size of 512KB';
    assert.deepEqual(payload.custom_details, { error });
    assert.equal([...payload.summary].length, 1024);
    assert.equal(dedup_key, createHash('sha256').update('{}:{}').digest('hex'));
  });
});

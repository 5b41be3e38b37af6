/** `global` and `receivers` of Alertmanager's files: verdicts and words are the original's, compared with amtool's where it is installed. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import { parseAlertmanagerText } from '../../src/config/alertmanager/alertmanager-file.ts';
import { receiversOf } from '../alertmanager/receivers.ts';
import { findProgram, skipUnless } from '../support/program.ts';

const AMTOOL = process.env.TRILITE_TEST_AMTOOL ?? findProgram('amtool');
const NEWEST = 98;
const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-receivers-'));
after(() => fs.rmSync(dir, { recursive: true, force: true }));

/** What is said of the file, '' where it is good, and the first minor version of the original that says the same. */
type Case = readonly [name: string, receiver: string, says: string, global?: string, since?: number];

const of = (kind: string, entry: string): string => `name: a, ${kind}_configs: [${entry}]`;
const SLACK = 'slack_api_url: http://s/x';
const MAIL = 'smtp_smarthost: m:25, smtp_from: a@b';
const BOTH = (key: string): string => `at most one of ${key} & ${key}_file must be configured`;

const CASES: readonly Case[] = [
  ['nothing but a name', 'name: a', ''],
  ['no name', 'labels: {}', 'missing name in receiver', '', 34],
  ['an unknown kind', of('fax', '{}'), 'fax_configs'],
  ['an unknown key', of('webhook', '{url: http://x, nope: 1}'), 'nope'],
  ['labels', 'name: a, labels: {team: x}', '', '', 34],
  [
    'another name among labels',
    'name: a, labels: {name: b}',
    'receiver label "name" must match receiver name "a", got "b"',
    '',
    34,
  ],
  ['webhook', of('webhook', '{url: "http://x/{{ .Status }}", max_alerts: 3, timeout: 5s}'), '', '', 34],
  [
    'webhook without a URL',
    of('webhook', '{send_resolved: false}'),
    'one of url or url_file must be configured',
    '',
    34,
  ],
  ['webhook with two', of('webhook', '{url: http://x, url_file: f}'), BOTH('url'), '', 34],
  ['webhook of another scheme', of('webhook', '{url: ftp://x}'), 'unsupported scheme "ftp" for URL'],
  ['webhook without a host', of('webhook', '{url: "http:///x"}'), 'missing host for URL'],
  ['slack', of('slack', '{channel: c}'), '', SLACK],
  [
    'slack without a URL',
    of('slack', '{channel: c}'),
    'no Slack API URL nor App token set either inline or in a file',
    '',
    34,
  ],
  ['slack with two URLs', of('slack', '{api_url: http://x, api_url_file: f}'), BOTH('api_url')],
  [
    'slack of all with two',
    'name: a',
    BOTH('slack_api_url'),
    'slack_api_url: http://x, slack_api_url_file: f',
  ],
  ['slack with a token', of('slack', '{channel: c}'), '', 'slack_app_token: x', 34],
  [
    'slack with a URL and a token',
    of('slack', '{api_url: http://x, app_token: t}'),
    'at most one of api_url/api_url_file & app_token/app_token_file must be configured',
    '',
    34,
  ],
  [
    'slack with two ways to say who we are',
    of('slack', '{app_token: t, http_config: {authorization: {credentials: c}}}'),
    "http authorization can't be set when using Slack App tokens",
    '',
    34,
  ],
  [
    'slack that changes a webhook',
    of('slack', '{api_url: http://x, update_message: true}'),
    'update_message can only be used with bot tokens',
    '',
    34,
  ],
  [
    'slack with a field without a value',
    of('slack', '{fields: [{title: t}]}'),
    'missing value in Slack field configuration',
    SLACK,
  ],
  [
    'slack with an action without a name',
    of('slack', '{actions: [{type: t, text: x}]}'),
    'missing name or url in Slack action configuration',
    SLACK,
  ],
  [
    'slack with an empty question',
    of('slack', '{actions: [{type: t, text: x, name: n, confirm: {}}]}'),
    'missing text in Slack confirmation configuration',
    SLACK,
  ],
  ['pagerduty', of('pagerduty', '{service_key: x, details: {a: b}, severity: s}'), ''],
  [
    'pagerduty without a key',
    of('pagerduty', '{client: c}'),
    'missing service or routing key in PagerDuty config',
  ],
  ['pagerduty with two keys', of('pagerduty', '{routing_key: x, routing_key_file: f}'), BOTH('routing_key')],
  ['email', of('email', '{to: a@b, headers: {subject: s}}'), '', MAIL],
  ['email to nobody', of('email', '{from: a@b}'), 'missing to address in email config', MAIL],
  ['email without a server', of('email', '{to: a@b}'), 'no global SMTP smarthost set'],
  ['email without a sender', of('email', '{to: a@b}'), 'no global SMTP from set', 'smtp_smarthost: m:25'],
  ['email without a port', 'name: a', 'missing port in address', 'smtp_smarthost: m'],
  ['email with an empty port', 'name: a', 'port cannot be empty', "smtp_smarthost: 'm:'"],
  [
    'email with a header twice',
    of('email', '{to: a@b, headers: {Subject: a, subject: b}}'),
    'duplicate header "Subject" in email config',
    MAIL,
  ],
  [
    'email with two passwords',
    'name: a',
    BOTH('smtp_auth_password'),
    'smtp_auth_password: x, smtp_auth_password_file: f',
    34,
  ],
  [
    'email in threads',
    of('email', '{to: a@b, threading: {enabled: true, thread_by_date: daily}}'),
    '',
    MAIL,
    34,
  ],
  [
    'email in threads of hours',
    of('email', '{to: a@b, threading: {enabled: true, thread_by_date: hourly}}'),
    "threading.thread_by_date must be either 'none' or 'daily'",
    MAIL,
    34,
  ],
  [
    'email in two threads',
    of('email', '{to: a@b, headers: {references: r}, threading: {enabled: true, thread_by_date: none}}'),
    'threading.enabled conflicts with custom References header',
    MAIL,
    34,
  ],
  ['telegram', of('telegram', '{bot_token: t, chat_id: -5}'), ''],
  ['telegram without a chat', of('telegram', '{bot_token: t}'), 'missing chat_id', ''],
  [
    'telegram without a token',
    of('telegram', '{chat_id: 5}'),
    'missing bot_token or bot_token_file on telegram_config',
    '',
    34,
  ],
  [
    'telegram in another markup',
    of('telegram', '{bot_token: t, chat_id: 5, parse_mode: RTF}'),
    'unknown parse_mode on telegram_config',
  ],
  ['discord', of('discord', '{webhook_url: http://x}'), ''],
  [
    'discord without a URL',
    of('discord', '{title: t}'),
    'one of webhook_url or webhook_url_file must be configured',
    '',
    34,
  ],
  ['msteams', of('msteams', '{webhook_url_file: f}'), '', '', 34],
  [
    'msteamsv2 with two URLs',
    of('msteamsv2', '{webhook_url: http://x, webhook_url_file: f}'),
    BOTH('webhook_url'),
    '',
    34,
  ],
  ['webex', of('webex', '{room_id: r, http_config: {authorization: {credentials: c}}}'), ''],
  ['webex without a room', of('webex', '{}'), 'missing room_id on webex_config'],
  [
    'webex without credentials',
    of('webex', '{room_id: r}'),
    'missing webex_configs.http_config.authorization',
  ],
  ['opsgenie', of('opsgenie', '{responders: [{name: t, type: Team}]}'), '', 'opsgenie_api_key: k'],
  [
    'opsgenie without a key',
    of('opsgenie', '{}'),
    'no global OpsGenie API Key set either inline or in a file',
  ],
  [
    'opsgenie to nobody',
    of('opsgenie', '{api_key: k, responders: [{type: team}]}'),
    'has to have at least one of id, username or name specified',
  ],
  [
    'opsgenie to something',
    of('opsgenie', '{api_key: k, responders: [{name: n, type: dog}]}'),
    'type does not match valid options ^(team|teams|user|escalation|schedule)$',
  ],
  ['victorops', of('victorops', '{api_key: k, routing_key: r}'), ''],
  ['victorops without a route', of('victorops', '{api_key: k}'), 'missing Routing key in VictorOps config'],
  ['victorops without a key', of('victorops', '{routing_key: r}'), 'no global VictorOps API Key set'],
  [
    'victorops with a field of its own',
    of('victorops', '{api_key: k, routing_key: r, custom_fields: {entity_id: x}}'),
    'custom field entity_id which cannot be used',
  ],
  ['pushover', of('pushover', '{user_key: u, token: t, retry: 1m30s}'), ''],
  [
    'pushover without a user',
    of('pushover', '{token: t}'),
    'one of user_key or user_key_file must be configured',
    '',
    34,
  ],
  [
    'pushover in two styles',
    of('pushover', '{user_key: u, token: t, html: true, monospace: true}'),
    'at most one of monospace & html must be configured',
    '',
    34,
  ],
  ['rocketchat', of('rocketchat', '{token_id: i}'), '', 'rocketchat_token: t', 34],
  ['rocketchat without a token', of('rocketchat', '{token_id: i}'), 'no global Rocketchat Token set', '', 34],
  ['mattermost', of('mattermost', '{channel: c}'), '', 'mattermost_webhook_url: http://x', 34],
  [
    'mattermost without a URL',
    of('mattermost', '{channel: c}'),
    'missing webhook_url or webhook_url_file on mattermost_config',
    '',
    34,
  ],
  [
    'mattermost with an empty field',
    of('mattermost', '{webhook_url: http://x, fields: [{title: t}]}'),
    'missing value in Mattermost field configuration',
    '',
    34,
  ],
  ['incidentio', of('incidentio', '{url: http://x, alert_source_token: t}'), '', '', 34],
  [
    'incidentio without a URL',
    of('incidentio', '{alert_source_token: t}'),
    'one of url or url_file must be configured',
    '',
    34,
  ],
  [
    'incidentio by two ways',
    of(
      'incidentio',
      '{url: http://x, alert_source_token: t, http_config: {authorization: {credentials: c}}}',
    ),
    'cannot specify alert_source_token or alert_source_token_file when using http_config.authorization',
    '',
    34,
  ],
  [
    'incidentio by none',
    of('incidentio', '{url: http://x, http_config: {follow_redirects: false}}'),
    'at least one of alert_source_token, alert_source_token_file or http_config.authorization must be configured',
    '',
    34,
  ],
  [
    'two kinds of credentials',
    of('webhook', '{url: http://x, http_config: {bearer_token: t, basic_auth: {username: u}}}'),
    'at most one of basic_auth',
  ],
  ['an unknown key of all', 'name: a', 'smtp_nope', 'smtp_nope: 1'],
  ['a bad time of all', 'name: a', '5x', 'resolve_timeout: 5x'],
];

const textOf = ([, receiver, , global]: Case): string =>
  `global: {${global ?? ''}}\nroute: {receiver: a}\nreceivers: [{${receiver}}]\n`;

describe('receivers of a file', () => {
  for (const each of CASES) {
    const [name, , says] = each;
    it(`${name}: ${says === '' ? 'good' : 'bad'}`, async () => {
      const said = await parseAlertmanagerText('a.yml', textOf(each), {}).then(
        () => '',
        (error: Error) => error.message,
      );
      if (says === '') assert.equal(said, '');
      else assert.ok(said.includes(says), said);
    });
  }

  it('have names of their own', async () => {
    await assert.rejects(receiversOf('receivers: [{name: a}, {name: a}]'), {
      message: 'alertmanager.yml:1:24: receivers[1]: notification config name "a" is not unique',
    });
  });

  it('that nothing can be sent to are read with a warning', async () => {
    const { receivers, warnings } = await receiversOf(
      'receivers: [{name: ops, jira_configs: [{api_url: http://j}], webhook_configs: [{url: http://x}]}]',
    );
    assert.equal(receivers[0]!.integrations.length, 1);
    const what = 'receivers[0].jira_configs is not supported: receiver "ops" is not notified by jira';
    assert.deepEqual(warnings, [`alertmanager.yml:1:39: ${what}`]);
  });

  it('keep secrets to themselves', async () => {
    const text = `global: {slack_api_url: http://h/SECRET1, smtp_auth_password: SECRET2}
route: {receiver: a}
receivers: [{name: a, webhook_configs: [{url: http://h/SECRET3}], pagerduty_configs: [{routing_key: SECRET4}],
  slack_configs: [{api_url: http://h/SECRET5}, {app_token: SECRET6}], telegram_configs: [{bot_token: SECRET7, chat_id: 1}],
  discord_configs: [{webhook_url: http://h/SECRET8}], opsgenie_configs: [{api_key: SECRET9, api_url: http://shown}],
  pushover_configs: [{user_key: SECRET10, token: SECRET11}], victorops_configs: [{api_key: SECRET12, routing_key: r}]}]
`;
    const { text: shown } = await parseAlertmanagerText('a.yml', text, {});
    assert.doesNotMatch(shown, /SECRET/);
    assert.match(shown, /http:\/\/shown/);
    // Nor does a complaint of a URL say it.
    await assert.rejects(
      receiversOf('receivers: [{name: a, slack_configs: [{api_url: "ftp://h/SECRET"}]}]'),
      (error: Error) => {
        return !error.message.includes('SECRET');
      },
    );
  });
});

describe('amtool, asked of receivers', {
  skip: skipUnless(AMTOOL !== undefined, 'amtool is not installed (Debian: prometheus-alertmanager)'),
}, () => {
  it('says the same', () => {
    const { stdout, stderr } = spawnSync(AMTOOL!, ['--version'], { encoding: 'utf8' });
    // One that was built without its version is the newest.
    const minor = Number(/version 0\.(\d+)\./.exec(stdout + stderr)?.[1] ?? NEWEST);
    const known = CASES.filter(([, , , , since = 0]) => since <= minor);
    const files = known.map((each, i) => {
      const file = path.join(dir, `${i}.yml`);
      fs.writeFileSync(file, textOf(each));
      return file;
    });
    const run = spawnSync(AMTOOL!, ['check-config', ...files], { encoding: 'utf8' });
    const verdicts = run.stdout.split(/^Checking /m).slice(1);
    assert.equal(verdicts.length, known.length);
    const wrong = known.flatMap(([name, , says], i) => {
      const said = verdicts[i]!;
      // YAML's own complaints are worded by another parser.
      const isWorded = !/^[a-z]+_(?:configs|nope)$|^nope$/.test(says);
      const isSame = said.includes('SUCCESS') === (says === '') && (!isWorded || said.includes(says));
      return isSame ? [] : [`${name}: ${said}`];
    });
    assert.deepEqual(wrong, []);
  });
});

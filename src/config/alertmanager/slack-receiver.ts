/** `slack_configs` of a receiver: an incoming webhook, or an app with its token. */

import type { SlackAction, SlackConfig, SlackField } from '../../alertmanager/receiver-config.ts';
import type { HttpClientConfig, Secret } from '../../base/http-client.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import {
  type Entry,
  keyOf,
  readClient,
  readFlag,
  readSecretPair,
  readSecretUrl,
  readTexts,
  readTimeout,
  readUrl,
  secretPair,
  textOf,
} from './receiver-fields.ts';

const TEXTS = {
  channel: '',
  username: '{{ template "slack.default.username" . }}',
  color: '{{ template "slack.default.color" . }}',
  title: '{{ template "slack.default.title" . }}',
  titleLink: '{{ template "slack.default.titlelink" . }}',
  pretext: '{{ template "slack.default.pretext" . }}',
  text: '{{ template "slack.default.text" . }}',
  messageText: '',
  footer: '{{ template "slack.default.footer" . }}',
  fallback: '{{ template "slack.default.fallback" . }}',
  callbackId: '{{ template "slack.default.callbackid" . }}',
  iconEmoji: '{{ template "slack.default.iconemoji" . }}',
  iconUrl: '{{ template "slack.default.iconurl" . }}',
  imageUrl: '',
  thumbUrl: '',
} as const;

const KEYS: readonly string[] = [
  ...['send_resolved', 'http_config', 'app_url', 'fields', 'short_fields', 'link_names', 'mrkdwn_in'],
  ...['actions', 'update_message', 'timeout'],
  ...['api_url', 'app_token'].flatMap(secretPair),
  ...Object.keys(TEXTS).map(keyOf),
];

/** Messages can be changed through this alone. */
const POST_MESSAGE = 'https://slack.com/api/chat.postMessage';
const MARKDOWN_PARTS = ['fallback', 'pretext', 'text'];

export function readSlack(entry: Entry): SlackConfig {
  const fields = entry.node.fields(KEYS);
  const apiUrl = readSecretUrl(fields, 'api_url');
  const updatesMessage = readFlag(fields, 'update_message', false);
  if (updatesMessage && apiUrl?.value !== POST_MESSAGE) {
    const rule = `update_message can only be used with bot tokens. api_url must be set to ${POST_MESSAGE}`;
    fields.require('update_message').fail(rule);
  }
  const areShort = readFlag(fields, 'short_fields', false);
  const markdownIn = fields.read('mrkdwn_in', (v) => v.strings(), []);
  return {
    type: 'slack',
    index: entry.index,
    sendsResolved: readFlag(fields, 'send_resolved', false),
    ...readTexts(fields, TEXTS),
    ...readTarget(entry, fields, apiUrl),
    fields: fields.read('fields', (v) => v.list().map((item) => readField(item, areShort)), []),
    actions: fields.read('actions', (v) => v.list().map(readAction), []),
    linksNames: readFlag(fields, 'link_names', false),
    markdownIn: markdownIn.length > 0 ? markdownIn : MARKDOWN_PARTS,
    updatesMessage,
    timeoutMs: fields.read('timeout', readTimeout, 0),
  };
}

/** An app's token goes into the request's header, and its URL is the service's own. */
function readTarget(
  entry: Entry,
  fields: Fields,
  apiUrl: Secret | undefined,
): { readonly url: Secret; readonly client: HttpClientConfig } {
  const { global } = entry;
  const ownToken = readSecretPair(fields, 'app_token');
  if (apiUrl && ownToken) {
    fields.node.fail('at most one of api_url/api_url_file & app_token/app_token_file must be configured');
  }
  const ownClient = fields.get('http_config') && readClient(fields, entry);
  const client = ownClient ?? global.client;
  const isGlobalToken = !ownClient?.authorization && apiUrl?.value === undefined;
  const token = ownToken ?? (isGlobalToken ? global.slackAppToken : undefined);
  const url = apiUrl ?? global.slackUrl;
  const appUrl = fields.read('app_url', readUrl, global.urls.slack_app_url)!;
  if (!token) {
    if (!url) fields.node.fail('no Slack API URL nor App token set either inline or in a file');
    return { url, client };
  }
  if (client.authorization) {
    fields.node.fail("http authorization can't be set when using Slack App tokens");
  }
  return {
    url: { value: appUrl },
    client: { ...client, authorization: { type: 'Bearer', credentials: token } },
  };
}

function readField(node: YamlNode, areShort: boolean): SlackField {
  const fields = node.fields(['title', 'value', 'short']);
  const [title, value] = [textOf(fields, 'title'), textOf(fields, 'value')];
  if (title === '') node.fail('missing title in Slack field configuration');
  if (value === '') node.fail('missing value in Slack field configuration');
  return { title, value, isShort: readFlag(fields, 'short', areShort) };
}

function readAction(node: YamlNode): SlackAction {
  const fields = node.fields(['type', 'text', 'url', 'style', 'name', 'value', 'confirm']);
  const texts = readTexts(fields, { type: '', text: '', url: '', style: '', name: '', value: '' });
  if (texts.type === '') node.fail('missing type in Slack action configuration');
  if (texts.text === '') node.fail('missing text in Slack action configuration');
  // With a URL it is a link, and no message action.
  if (texts.url !== '') return { ...texts, name: '', value: '', confirm: undefined };
  if (texts.name === '') node.fail('missing name or url in Slack action configuration');
  return { ...texts, confirm: fields.read('confirm', readConfirm, undefined) };
}

function readConfirm(node: YamlNode): NonNullable<SlackAction['confirm']> {
  const fields = node.fields(['text', 'title', 'ok_text', 'dismiss_text']);
  const texts = readTexts(fields, { text: '', title: '', okText: '', dismissText: '' });
  if (texts.text === '') node.fail('missing text in Slack confirmation configuration');
  return texts;
}

/** `rocketchat_configs` and `mattermost_configs` of a receiver. */

import type {
  MattermostAttachment,
  MattermostConfig,
  RocketchatConfig,
} from '../../alertmanager/receiver-config.ts';
import type { Fields, YamlNode } from '../yaml-node.ts';
import {
  COMMON_KEYS,
  type Entry,
  keyOf,
  readCommon,
  readFlag,
  readSecretPair,
  readSecretUrl,
  readTexts,
  readUrl,
  secretPair,
  textOf,
} from './receiver-fields.ts';

const ROCKETCHAT_TEXTS = {
  channel: '',
  color: '{{ if eq .Status "firing" }}red{{ else }}green{{ end }}',
  title: '{{ template "rocketchat.default.title" . }}',
  titleLink: '{{ template "rocketchat.default.titlelink" . }}',
  text: '{{ template "rocketchat.default.text" . }}',
  emoji: '{{ template "rocketchat.default.emoji" . }}',
  iconUrl: '{{ template "rocketchat.default.iconurl" . }}',
  imageUrl: '',
  thumbUrl: '',
} as const;
const ROCKETCHAT_KEYS = [
  ...COMMON_KEYS,
  ...['api_url', 'fields', 'short_fields', 'link_names', 'actions'],
  ...['token', 'token_id'].flatMap(secretPair),
  ...Object.keys(ROCKETCHAT_TEXTS).map(keyOf),
];
/** Keys as the original has them, which are not written as others are. */
const ROCKETCHAT_ACTION_KEYS = [
  ...['type', 'text', 'url', 'imageurl', 'iswebview', 'webviewheightratio', 'msg', 'msginchatwindow'],
  'msgprocessingtype',
];

export function readRocketchat(entry: Entry): RocketchatConfig {
  const { node, global } = entry;
  const fields = node.fields(ROCKETCHAT_KEYS);
  const missing = (what: string): string => `no global Rocketchat ${what} set either inline or in a file`;
  const areShort = readFlag(fields, 'short_fields', false);
  return {
    type: 'rocketchat',
    ...readCommon(fields, entry, false),
    url: fields.read('api_url', readUrl, global.urls.rocketchat_api_url)!.replace(/\/+$/, ''),
    tokenId:
      readSecretPair(fields, 'token_id') ??
      global.secrets.rocketchat_token_id ??
      node.fail(missing('TokenID')),
    token: readSecretPair(fields, 'token') ?? global.secrets.rocketchat_token ?? node.fail(missing('Token')),
    ...readTexts(fields, ROCKETCHAT_TEXTS),
    fields: listOf(fields, 'fields').map((item) => {
      const own = item.fields(['title', 'value', 'short']);
      return { ...readTexts(own, { title: '', value: '' }), isShort: readFlag(own, 'short', areShort) };
    }),
    actions: listOf(fields, 'actions').map((item) => {
      return readTexts(item.fields(ROCKETCHAT_ACTION_KEYS), { text: '', url: '', msg: '' });
    }),
  };
}

function listOf(fields: Fields, key: string): readonly YamlNode[] {
  return fields.read(key, (v) => v.list(), []);
}

const ATTACHMENT_TEXTS = {
  ...{ fallback: '', color: '', pretext: '', text: '', authorName: '', authorLink: '', authorIcon: '' },
  ...{ title: '', titleLink: '', thumbUrl: '', footer: '', footerIcon: '', imageUrl: '' },
} as const;
const ATTACHMENT_KEYS = ['fields', ...Object.keys(ATTACHMENT_TEXTS).map(keyOf)];

/** Of the message's only attachment where it lists none. */
const DEFAULT_ATTACHMENT = {
  ...ATTACHMENT_TEXTS,
  color: '{{ template "mattermost.default.color" . }}',
  text: '{{ template "mattermost.default.text" . }}',
  title: '{{ template "mattermost.default.title" . }}',
  titleLink: '{{ template "mattermost.default.titlelink" . }}',
  fallback: '{{ template "mattermost.default.fallback" . }}',
} as const;

const MATTERMOST_TEXTS = {
  channel: '',
  username: '{{ template "mattermost.default.username" . }}',
  iconUrl: '',
  iconEmoji: '',
} as const;
const MATTERMOST_KEYS = [
  ...COMMON_KEYS,
  ...secretPair('webhook_url'),
  ...['attachments', 'type', 'props', 'priority'],
  ...ATTACHMENT_KEYS,
  ...Object.keys(MATTERMOST_TEXTS).map(keyOf),
];

export function readMattermost(entry: Entry): MattermostConfig {
  const { node, global } = entry;
  const fields = node.fields(MATTERMOST_KEYS);
  const own = readAttachment(fields, DEFAULT_ATTACHMENT);
  const attachments = listOf(fields, 'attachments').map((item) =>
    readAttachment(item.fields(ATTACHMENT_KEYS), ATTACHMENT_TEXTS),
  );
  const given = readSecretUrl(fields, 'webhook_url') ?? global.mattermostUrl;
  return {
    type: 'mattermost',
    ...readCommon(fields, entry, true),
    url: given ?? node.fail('missing webhook_url or webhook_url_file on mattermost_config'),
    ...readTexts(fields, MATTERMOST_TEXTS),
    text: own.text,
    messageType: textOf(fields, 'type'),
    card: fields.read('props', (v) => textOf(v.fields(['card']), 'card'), ''),
    priority: fields.read('priority', readPriority, undefined),
    listsAttachments: attachments.length > 0,
    attachments: attachments.length > 0 ? attachments : [own],
  };
}

function readAttachment(
  fields: Fields,
  defaults: typeof ATTACHMENT_TEXTS | typeof DEFAULT_ATTACHMENT,
): MattermostAttachment {
  return { ...readTexts(fields, defaults), fields: listOf(fields, 'fields').map(readField) };
}

function readField(node: YamlNode): MattermostAttachment['fields'][number] {
  const fields = node.fields(['title', 'value', 'short']);
  const { title, value } = readTexts(fields, { title: '', value: '' });
  if (title === '') node.fail('missing title in Mattermost field configuration');
  if (value === '') node.fail('missing value in Mattermost field configuration');
  return { title, value, isShort: fields.read('short', (v) => v.boolean(), undefined) };
}

function readPriority(node: YamlNode): MattermostConfig['priority'] {
  const fields = node.fields(['priority', 'requested_ack', 'persistent_notifications']);
  const priority = textOf(fields, 'priority');
  if (priority === '') return undefined;
  return {
    priority,
    asksAck: readFlag(fields, 'requested_ack', false),
    persists: readFlag(fields, 'persistent_notifications', false),
  };
}

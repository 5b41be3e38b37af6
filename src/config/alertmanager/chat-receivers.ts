/** Receivers that are chats: `telegram_configs`, `discord_configs`, `msteams_configs`, `msteamsv2_configs`, `webex_configs`. */

import type {
  DiscordConfig,
  TeamsConfig,
  TelegramConfig,
  WebexConfig,
} from '../../alertmanager/receiver-config.ts';
import type { HttpClientConfig, Secret } from '../../base/http-client.ts';
import type { Fields } from '../yaml-node.ts';
import {
  COMMON_KEYS,
  type Entry,
  keyOf,
  readClient,
  readCommon,
  readFlag,
  readSecretPair,
  readSecretUrl,
  readTexts,
  readUrl,
  secretPair,
  textOf,
} from './receiver-fields.ts';

const TELEGRAM_KEYS = [
  ...COMMON_KEYS,
  ...['api_url', 'message_thread_id', 'message', 'disable_notifications', 'parse_mode'],
  ...['bot_token', 'chat_id'].flatMap(secretPair),
];
const PARSE_MODES = ['', 'Markdown', 'MarkdownV2', 'HTML'] as const;

export function readTelegram(entry: Entry): TelegramConfig {
  const { node, global } = entry;
  const fields = node.fields(TELEGRAM_KEYS);
  const given = readSecretPair(fields, 'bot_token') ?? global.secrets.telegram_bot_token;
  const token = given ?? node.fail('missing bot_token or bot_token_file on telegram_config');
  const noChat = 'missing chat_id or chat_id_file on telegram_config';
  const chatId = readSecretPair(fields, 'chat_id') ?? node.fail(noChat);
  if (chatId.value === '0') node.fail(noChat);
  if (chatId.value !== undefined && !/^-?\d{1,19}$/.test(chatId.value)) {
    fields.require('chat_id').fail('expected a whole number');
  }
  const modes = 'Markdown, MarkdownV2, HTML or empty string';
  const parseMode =
    PARSE_MODES.find((mode) => mode === textOf(fields, 'parse_mode', 'HTML')) ??
    fields.require('parse_mode').fail(`unknown parse_mode on telegram_config, must be ${modes}`);
  return {
    type: 'telegram',
    ...readCommon(fields, entry, true),
    url: fields.read('api_url', readUrl, global.urls.telegram_api_url)!,
    ...{ token, chatId, parseMode },
    threadId: fields.read('message_thread_id', (v) => v.count(), 0),
    message: textOf(fields, 'message', '{{ template "telegram.default.message" . }}'),
    isSilent: readFlag(fields, 'disable_notifications', false),
  };
}

/** A webhook's URL has no default. */
function requireWebhookUrl(fields: Fields): Secret {
  const url = readSecretUrl(fields, 'webhook_url');
  return url ?? fields.node.fail('one of webhook_url or webhook_url_file must be configured');
}

const DISCORD_TEXTS = {
  content: '',
  title: '{{ template "discord.default.title" . }}',
  message: '{{ template "discord.default.message" . }}',
  username: '',
  avatarUrl: '',
} as const;
const DISCORD_KEYS = [...COMMON_KEYS, ...secretPair('webhook_url'), ...Object.keys(DISCORD_TEXTS).map(keyOf)];

export function readDiscord(entry: Entry): DiscordConfig {
  const fields = entry.node.fields(DISCORD_KEYS);
  return {
    type: 'discord',
    index: entry.index,
    sendsResolved: readFlag(fields, 'send_resolved', true),
    url: requireWebhookUrl(fields),
    client: readClient(fields, entry),
    ...readTexts(fields, DISCORD_TEXTS),
  };
}

const TEAMS_KEYS = [...COMMON_KEYS, ...secretPair('webhook_url'), 'title', 'text'];

export function readTeams(entry: Entry): TeamsConfig {
  const fields = entry.node.fields([...TEAMS_KEYS, 'summary']);
  return { ...teams('msteams', entry, fields), client: readClient(fields, entry) };
}

/** A client of its own keeps the proxy of all unless it names another. */
export function readTeamsV2(entry: Entry): TeamsConfig {
  const fields = entry.node.fields(TEAMS_KEYS);
  const own = readClient(fields, entry);
  const { proxy } = entry.global.client;
  const client: HttpClientConfig = own.proxy || !proxy ? own : { ...own, proxy };
  return { ...teams('msteamsv2', entry, fields), client };
}

function teams(type: TeamsConfig['type'], { index }: Entry, fields: Fields): Omit<TeamsConfig, 'client'> {
  const text = (key: string): string => {
    const fallback = `{{ template "${type}.default.${key}" . }}`;
    return fields.declares(key) ? textOf(fields, key, fallback) : '';
  };
  return {
    type,
    index,
    sendsResolved: readFlag(fields, 'send_resolved', true),
    url: requireWebhookUrl(fields),
    ...{ title: text('title'), text: text('text'), summary: text('summary') },
  };
}

export function readWebex(entry: Entry): WebexConfig {
  const { node, index, global } = entry;
  const fields = node.fields([...COMMON_KEYS, 'api_url', 'message', 'room_id']);
  const roomId = textOf(fields, 'room_id');
  if (roomId === '') node.fail('missing room_id on webex_config');
  const client = readClient(fields, entry);
  // Of the entry itself: what holds for all receivers does not count.
  if (!fields.get('http_config') || !client.authorization) {
    node.fail('missing webex_configs.http_config.authorization');
  }
  return {
    type: 'webex',
    index,
    sendsResolved: readFlag(fields, 'send_resolved', true),
    client,
    url: fields.read('api_url', readUrl, global.urls.webex_api_url)!,
    message: textOf(fields, 'message', '{{ template "webex.default.message" . }}'),
    roomId,
  };
}

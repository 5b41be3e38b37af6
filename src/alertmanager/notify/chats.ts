/** Chats: Telegram, Discord, Microsoft Teams and Webex. */

import type { DiscordConfig, TeamsConfig, TelegramConfig, WebexConfig } from '../receiver-config.ts';
import { goJson, type Json } from '../templates/go-json.ts';
import { statusOf } from '../templates/template-data.ts';
import { cutBytes, cutRunes, expanding, readSecretNow } from './expansion.ts';
import type { HttpKind, Telling } from './http-integration.ts';
import type { Answer } from './http-poster.ts';
import { type FailureReason, NotifyError } from './integration.ts';

/** Greatest lengths, by the references of the services: in characters, of Webex in bytes. */
const TELEGRAM_MESSAGE_MAX = 4096;
const DISCORD_TITLE_MAX = 256;
const DISCORD_MESSAGE_MAX = 4096;
const DISCORD_CONTENT_MAX = 2000;
const WEBEX_MESSAGE_BYTES_MAX = 7439;

const DISCORD_COLORS = { firing: 0x992d22, resolved: 0x2ecc71 } as const;
const TEAMS_COLORS = { firing: '8C1A1A', resolved: '2DC72D' } as const;
const CARD_COLORS = { firing: 'Attention', resolved: 'Good' } as const;

/** The expanded text, cut to `max` characters, which is told of. */
function cutText({ expansion, parts, notification }: Telling, template: string, max: number): string {
  const text = expanding('', () => expansion.text(template));
  return cutRunes(text, max, () =>
    parts.log.warn('a text of a notification is cut', { group: notification.groupKey, runes: max }),
  );
}

function body(message: Json): string {
  return `${goJson(message)}\n`;
}

export const TELEGRAM: HttpKind<TelegramConfig> = {
  name: 'telegram',
  async requests(config, telling) {
    const token = await readSecretNow(config.token, 'could not read bot_token_file: ');
    const chat = await readSecretNow(config.chatId, 'could not read chat_id_file: ');
    if (!/^[+-]?\d+$/.test(chat))
      throw new NotifyError('could not parse chat_id: it is no whole number', true);
    const message: ReadonlyMap<string, string> = new Map([
      ['chat_id', String(BigInt(chat))],
      ['text', telegramText(config, telling)],
      ['disable_web_page_preview', 'true'],
      ...(config.isSilent ? ([['disable_notification', 'true']] as const) : []),
      ...(config.threadId === 0 ? [] : ([['message_thread_id', String(config.threadId)]] as const)),
      ...(config.parseMode === '' ? [] : ([['parse_mode', config.parseMode]] as const)),
    ]);
    return [{ url: `${config.url}/bot${token}/sendMessage`, body: body(message) }];
  },
  check: checkTelegram,
};

/** Of a page nothing can be cut off: its tags would stay open. */
function telegramText({ message, parseMode }: TelegramConfig, telling: Telling): string {
  if (parseMode !== 'HTML') return cutText(telling, message, TELEGRAM_MESSAGE_MAX);
  const page = expanding('', () => telling.expansion.html(message));
  if (page.length <= TELEGRAM_MESSAGE_MAX || [...page].length <= TELEGRAM_MESSAGE_MAX) return page;
  return 'This notification is longer than Telegram allows. Please shorten the template of its message.';
}

/** The API answers with JSON whatever the status; all of its failures may be tried again. */
function checkTelegram({ status, body: text }: Answer): void {
  let answer: { readonly ok?: unknown; readonly description?: unknown; readonly error_code?: unknown };
  try {
    answer = JSON.parse(text) ?? {};
  } catch {
    throw new NotifyError(`telegram: no JSON in the answer, whose status is ${status}`, true);
  }
  if (answer.ok === true) return;
  const code = typeof answer.error_code === 'number' ? answer.error_code : status;
  const reason: FailureReason =
    code === 429
      ? 'rateLimited'
      : code === 401 || code === 403
        ? 'authError'
        : code >= 400 && code < 500
          ? 'clientError'
          : code >= 500
            ? 'serverError'
            : 'other';
  throw new NotifyError(`telegram: ${String(answer.description ?? '')} (${code})`, true, reason);
}

export const DISCORD: HttpKind<DiscordConfig> = {
  name: 'discord',
  async requests(config, telling) {
    const { title, message, content, username, avatarUrl } = config;
    const embed = {
      title: cutText(telling, title, DISCORD_TITLE_MAX),
      description: cutText(telling, message, DISCORD_MESSAGE_MAX),
      color: DISCORD_COLORS[statusOf(telling.notification.alerts)],
    };
    const text = {
      content: cutText(telling, content, DISCORD_CONTENT_MAX),
      embeds: [embed],
      username: username || undefined,
      avatar_url: avatarUrl || undefined,
    };
    return [{ url: await readSecretNow(config.url, 'read webhook_url_file: '), body: body(text) }];
  },
};

export const TEAMS: HttpKind<TeamsConfig> = {
  name: 'msteams',
  async requests({ title, text, summary, url }, telling) {
    const { expansion, notification } = telling;
    const card = expanding('', () => ({
      '@context': 'http://schema.org/extensions',
      type: 'MessageCard',
      title: expansion.text(title),
      summary: expansion.text(summary),
      text: expansion.text(text),
      themeColor: TEAMS_COLORS[statusOf(notification.alerts)],
    }));
    return [{ url: await readSecretNow(url, 'read webhook_url_file: '), body: body(card) }];
  },
};

export const TEAMS_V2: HttpKind<TeamsConfig> = {
  name: 'msteamsv2',
  async requests({ title, text, url }, { expansion, notification }) {
    const heading = { type: 'TextBlock', text: expanding('', () => expansion.text(title)) };
    const style = { weight: 'Bolder', size: 'Medium', wrap: true, style: 'heading' };
    const content = {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      type: 'AdaptiveCard',
      version: '1.2',
      body: [
        { ...heading, ...style, color: CARD_COLORS[statusOf(notification.alerts)] },
        { type: 'TextBlock', text: expanding('', () => expansion.text(text)), wrap: true },
      ],
      msteams: { width: 'full' },
    };
    const contentType = 'application/vnd.microsoft.card.adaptive';
    const message = { type: 'message', attachments: [{ contentType, contentUrl: null, content }] };
    return [{ url: await readSecretNow(url, 'read webhook_url_file: '), body: body(message) }];
  },
};

export const WEBEX: HttpKind<WebexConfig> = {
  name: 'webex',
  async requests({ url, message, roomId }, { expansion, parts, notification }) {
    const [text, room] = expanding('', () => [expansion.text(message), expansion.text(roomId)]);
    const onCut = (): void =>
      parts.log.warn('a text of a notification is cut', {
        group: notification.groupKey,
        bytes: WEBEX_MESSAGE_BYTES_MAX,
      });
    const markdown = cutBytes(text!, WEBEX_MESSAGE_BYTES_MAX, onCut);
    return [{ url, body: body({ markdown, roomId: room || undefined }) }];
  },
};

/** Chats of the kind that teams run for themselves: Rocket.Chat and Mattermost. */

import type { MattermostAttachment, MattermostConfig, RocketchatConfig } from '../receiver-config.ts';
import { goJson, type Json } from '../templates/go-json.ts';
import { cutRunes, expanding, readSecretNow } from './expansion.ts';
import type { HttpKind, Telling } from './http-integration.ts';
import { type Answer, checkStatus } from './http-poster.ts';
import { NotifyError } from './integration.ts';

const ROCKETCHAT_TITLE_MAX = 1024;
const MATTERMOST_TEXT_MAX = 16_383;

type Some = (template: string) => string | undefined;

function someOf({ expansion }: Telling): Some {
  return (template) => expansion.text(template) || undefined;
}

function cutTo({ parts, notification }: Telling, text: string, max: number): string {
  return cutRunes(text, max, () =>
    parts.log.warn('a text of a notification is cut', { group: notification.groupKey, runes: max }),
  );
}

export const ROCKETCHAT: HttpKind<RocketchatConfig> = {
  name: 'rocketchat',
  async requests(config, telling) {
    const headers = {
      'X-Auth-Token': await readSecretNow(config.token, 'could not read token_file: '),
      'X-User-Id': await readSecretNow(config.tokenId, 'could not read token_id_file: '),
    };
    const message = expanding('', () => rocketchatMessage(config, telling));
    return [{ url: `${config.url}/api/v1/chat.postMessage`, body: `${goJson(message)}\n`, headers }];
  },
  check: checkRocketchat,
};

function rocketchatMessage(config: RocketchatConfig, telling: Telling): Json {
  const some = someOf(telling);
  const { title, titleLink, text, imageUrl, thumbUrl, color, fields, actions } = config;
  const attachment = {
    title: cutTo(telling, telling.expansion.text(title), ROCKETCHAT_TITLE_MAX) || undefined,
    ...{
      title_link: some(titleLink),
      text: some(text),
      image_url: some(imageUrl),
      thumb_url: some(thumbUrl),
    },
    color: some(color),
    fields: listed(fields, ({ title: name, value, isShort }) => {
      return { short: isShort, title: some(name), value: some(value) };
    }),
    // Buttons are all that there is.
    actions: listed(actions, ({ text: label, url, msg }) => {
      const action = { type: 'button', text: some(label), url: some(url), is_webview: false };
      return { ...action, msg: some(msg), msg_in_chat_window: false };
    }),
  };
  return {
    channel: some(config.channel),
    emoji: some(config.emoji),
    avatar: some(config.iconUrl),
    attachments: [attachment],
  };
}

function listed<T>(items: readonly T[], json: (item: T) => Json): Json[] | undefined {
  return items.length > 0 ? items.map(json) : undefined;
}

/** The API may answer with a failure and the status of a success. */
function checkRocketchat(answer: Answer): void {
  checkStatus(answer);
  const { body } = answer;
  let said: { readonly success?: unknown; readonly error?: unknown };
  try {
    said = JSON.parse(body) ?? {};
  } catch {
    const fault = `could not unmarshal JSON response ${JSON.stringify(body)}`;
    throw new NotifyError(fault, true, 'clientError');
  }
  if (said.success === true) return;
  throw new NotifyError(`error response from Rocketchat: ${String(said.error ?? '')}`, false, 'clientError');
}

export const MATTERMOST: HttpKind<MattermostConfig> = {
  name: 'mattermost',
  async requests(config, telling) {
    const url = await readSecretNow(config.url);
    if (url === '') throw new NotifyError('webhook url missing', false);
    const message = expanding('', () => mattermostMessage(config, telling));
    return [{ url, body: `${goJson(message)}\n` }];
  },
};

function mattermostMessage(config: MattermostConfig, telling: Telling): Json {
  const some = someOf(telling);
  const text = config.listsAttachments ? telling.expansion.text(config.text) : '';
  return {
    text: cutTo(telling, text, MATTERMOST_TEXT_MAX) || undefined,
    channel: some(config.channel),
    username: some(config.username),
    icon_url: some(config.iconUrl),
    icon_emoji: some(config.iconEmoji),
    attachments: config.attachments.map((attachment) => attachmentJson(attachment, some)),
    type: some(config.messageType),
    props: config.card === '' ? undefined : { card: some(config.card) },
    priority: priorityOf(config.priority, telling),
  };
}

function attachmentJson(a: MattermostAttachment, some: Some): Json {
  return {
    ...{ fallback: some(a.fallback), color: some(a.color), pretext: some(a.pretext), text: some(a.text) },
    author_name: some(a.authorName),
    author_link: some(a.authorLink),
    author_icon: some(a.authorIcon),
    title: some(a.title),
    title_link: some(a.titleLink),
    fields: listed(a.fields, ({ title, value, isShort }) => {
      return { title: some(title), value: some(value), short: isShort };
    }),
    thumb_url: some(a.thumbUrl),
    footer: some(a.footer),
    footer_icon: some(a.footerIcon),
    image_url: some(a.imageUrl),
  };
}

const PRIORITIES: ReadonlySet<string> = new Set(['urgent', 'important', 'standard']);

/** Acknowledgements are asked for what is more than standard, and what is urgent alone is repeated. */
function priorityOf(written: MattermostConfig['priority'], { expansion }: Telling): Json | undefined {
  if (!written) return undefined;
  const asked = expansion.text(written.priority).toLowerCase();
  const priority = PRIORITIES.has(asked) ? asked : 'standard';
  return {
    priority,
    requested_ack: (written.asksAck && priority !== 'standard') || undefined,
    persistent_notifications: (written.persists && priority === 'urgent') || undefined,
  };
}

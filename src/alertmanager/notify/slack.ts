/** Slack: a message with one attachment, by an incoming webhook or by an app. A group's message can be changed instead of sending more. */

import { RecentMap } from '../../base/recent-map.ts';
import type { SlackConfig } from '../receiver-config.ts';
import { goJson, type Json } from '../templates/go-json.ts';
import { cutRunes, expanding, expansionOf, type NotifierParts, readSecretNow } from './expansion.ts';
import { type Answer, checkStatus, HttpPoster } from './http-poster.ts';
import { type Integration, type Notification, NotifyError } from './integration.ts';

/** Of a title, by Slack's reference of attachments. */
const TITLE_RUNES_MAX = 1024;
/** How the API's methods end that post a message and change one. */
const POST_METHOD = /chat\.postMessage$/;
const UPDATE_METHOD = 'chat.update';
/** Groups whose messages are remembered, so that they can be changed. */
const MESSAGES_MAX = 10_000;

/** As Slack named it; '' before. */
interface SentMessage {
  timestamp: string;
  channel: string;
}

export class SlackIntegration implements Integration {
  readonly name = 'slack';
  readonly index: number;
  readonly sendsResolved: boolean;
  readonly #config: SlackConfig;
  readonly #parts: NotifierParts;
  readonly #poster: HttpPoster;
  readonly #messages = new RecentMap<string, SentMessage>(MESSAGES_MAX);

  constructor(config: SlackConfig, parts: NotifierParts) {
    this.index = config.index;
    this.sendsResolved = config.sendsResolved;
    this.#config = config;
    this.#parts = parts;
    this.#poster = new HttpPoster(config.client, parts.clock, { name: 'slack', timeoutMs: config.timeoutMs });
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { groupKey } = notification;
    const expansion = expansionOf(this.#parts, notification);
    const url = await readSecretNow(this.#config.url);
    const known = this.#messages.peek(groupKey);
    const message = expanding('', () => this.#message(groupKey, expansion.text, known));
    const body = `${goJson(message)}\n`;
    const answer = await this.#poster.post({
      url: known ? url.replace(POST_METHOD, UPDATE_METHOD) : url,
      body,
      signal,
    });
    const prefix = `channel ${JSON.stringify(message.channel ?? '')}: `;
    checkStatus(answer, { prefix });
    const sent = readAnswer(answer, prefix);
    if (!sent || !this.#config.updatesMessage) return;
    Object.assign(
      this.#messages.use(groupKey, () => ({ timestamp: '', channel: '' })),
      sent,
    );
  }

  #message(
    groupKey: string,
    text: (template: string) => string,
    known: SentMessage | undefined,
  ): { readonly [name: string]: Json | undefined } {
    const c = this.#config;
    const some = (template: string): string | undefined => text(template) || undefined;
    const onCut = (): void =>
      this.#parts.log.warn('the title of a Slack message is cut', {
        group: groupKey,
        runes: TITLE_RUNES_MAX,
      });
    const attachment = {
      title: cutRunes(text(c.title), TITLE_RUNES_MAX, onCut) || undefined,
      title_link: some(c.titleLink),
      pretext: some(c.pretext),
      text: text(c.text),
      fallback: text(c.fallback),
      callback_id: text(c.callbackId),
      fields: c.fields.length === 0 ? undefined : c.fields.map((field) => fieldJson(field, some)),
      actions: c.actions.length === 0 ? undefined : c.actions.map((action) => actionJson(action, some)),
      image_url: some(c.imageUrl),
      thumb_url: some(c.thumbUrl),
      footer: text(c.footer),
      color: some(c.color),
      mrkdwn_in: c.markdownIn,
    };
    return {
      channel: known ? known.channel : some(c.channel),
      ts: known?.timestamp,
      username: some(c.username),
      icon_emoji: some(c.iconEmoji),
      icon_url: some(c.iconUrl),
      link_names: c.linksNames || undefined,
      text: some(c.messageText),
      attachments: [attachment],
    };
  }

  close(): void {
    this.#poster.close();
  }
}

type Some = (template: string) => string | undefined;

function fieldJson({ title, value, isShort }: SlackConfig['fields'][number], some: Some): Json {
  return { title: some(title), value: some(value), short: isShort };
}

function actionJson(action: SlackConfig['actions'][number], some: Some): Json {
  const { type, text, url, style, name, value, confirm } = action;
  return {
    ...{ type: some(type), text: some(text), url: some(url), style: some(style), name: some(name) },
    value: some(value),
    confirm: confirm && {
      text: some(confirm.text),
      title: some(confirm.title),
      ok_text: some(confirm.okText),
      dismiss_text: some(confirm.dismissText),
    },
  };
}

/** A webhook answers `ok`, the API with JSON. A failure is for good unless the answer is no answer of Slack's. */
function readAnswer({ contentType, body }: Answer, prefix: string): SentMessage | undefined {
  const fail = (what: string, mayRetry: boolean): never => {
    throw new NotifyError(prefix + what, mayRetry, 'clientError');
  };
  if (!contentType.startsWith('application/json')) {
    return body === 'ok' ? undefined : fail(`received an error response from Slack: ${body}`, false);
  }
  let answer: {
    readonly ok?: unknown;
    readonly error?: unknown;
    readonly ts?: unknown;
    readonly channel?: unknown;
  };
  try {
    answer = JSON.parse(body) ?? {};
  } catch {
    return fail(`could not unmarshal JSON response ${JSON.stringify(body)}`, true);
  }
  if (answer.ok !== true) return fail(`error response from Slack: ${String(answer.error ?? '')}`, false);
  const { ts, channel } = answer;
  const isNamed = typeof ts === 'string' && ts !== '' && typeof channel === 'string' && channel !== '';
  return isNamed ? { timestamp: ts, channel } : undefined;
}

/** Services that call people: Opsgenie, VictorOps (Splunk On-Call) and Pushover. PagerDuty has a file of its own. */

import { queryEscape } from '../../model/template/functions-text.ts';
import type { OpsgenieConfig, PushoverConfig, VictoropsConfig } from '../receiver-config.ts';
import { goJson, type Json } from '../templates/go-json.ts';
import { commonPairs, statusOf } from '../templates/template-data.ts';
import { cutRunes, expanding, hashOfKey, readSecretNow } from './expansion.ts';
import type { HttpKind, Telling } from './http-integration.ts';
import type { Posting } from './http-poster.ts';

/** Greatest lengths in characters, by the references of the services. */
const OPSGENIE_MESSAGE_MAX = 130;
const VICTOROPS_MESSAGE_MAX = 20_480;
const PUSHOVER_TITLE_MAX = 250;
const PUSHOVER_MESSAGE_MAX = 1024;
const PUSHOVER_URL_MAX = 512;

const PUSHOVER_URL = 'https://api.pushover.net/1/messages.json';

type Text = (template: string) => string;

function cutTo(telling: Telling, text: string, max: number): string {
  const { parts, notification } = telling;
  return cutRunes(text, max, () =>
    parts.log.warn('a text of a notification is cut', { group: notification.groupKey, runes: max }),
  );
}

function body(message: Json): string {
  return `${goJson(message)}\n`;
}

export const OPSGENIE: HttpKind<OpsgenieConfig> = {
  name: 'opsgenie',
  verdict: { retried: [429] },
  async requests(config, telling) {
    const written = await readSecretNow(config.key, 'read key_file error: ');
    return expanding('templating error: ', () => {
      const { text } = telling.expansion;
      const headers = { Authorization: `GenieKey ${text(written).trim()}` };
      const { alerts } = telling.notification;
      const requests = statusOf(alerts) === 'resolved' ? closing(config, telling) : opening(config, telling);
      return requests.map((request) => ({ ...request, headers }));
    });
  },
};

type Request = Omit<Posting, 'signal'>;

function opsgenieUrl(base: string, path: string, isByAlias: boolean): string {
  const url = new URL(base);
  url.pathname += path;
  if (isByAlias) url.searchParams.set('identifierType', 'alias');
  return url.href;
}

function closing({ url, source }: OpsgenieConfig, { notification, expansion }: Telling): Request[] {
  const where = opsgenieUrl(url, `v2/alerts/${hashOfKey(notification.groupKey)}/close`, true);
  return [{ url: where, body: body({ source: expansion.text(source) }) }];
}

function opening(config: OpsgenieConfig, telling: Telling): Request[] {
  const { notification, expansion } = telling;
  const { text } = expansion;
  const some = (template: string): string | undefined => text(template) || undefined;
  const alias = hashOfKey(notification.groupKey);
  const message = cutTo(telling, text(config.message), OPSGENIE_MESSAGE_MAX);
  const description = some(config.description);
  const details = new Map([
    ...commonPairs(notification.alerts.map(({ labels }) => labels.pairs)),
    ...Object.entries(config.details).map(([name, value]): [string, string] => [name, text(value)]),
  ]);
  const create = {
    alias,
    message,
    description,
    details,
    source: text(config.source),
    responders: someOf(config.responders.flatMap((responder) => respondersOf(responder, text))),
    tags: someOf(listOf(text(config.tags))),
    note: some(config.note),
    priority: some(config.priority),
    entity: some(config.entity),
    actions: someOf(listOf(text(config.actions))),
  };
  const created = { url: opsgenieUrl(config.url, 'v2/alerts', false), body: body(create) };
  if (!config.updatesAlerts) return [created];
  const change = (what: string, message: Json): Request => ({
    method: 'PUT',
    url: opsgenieUrl(config.url, `v2/alerts/${alias}/${what}`, true),
    body: body(message),
  });
  return [
    created,
    change('message', { message: message || undefined }),
    change('description', { description }),
  ];
}

/** One that comes out empty is left out: it was to be filled by a label. `teams` names several. */
function respondersOf(written: OpsgenieConfig['responders'][number], text: Text): Json[] {
  const [id, name, username, type] = [written.id, written.name, written.username, written.type].map(text);
  if (!id && !name && !username && !type) return [];
  if (type === 'teams') return listOf(name!).map((team) => ({ name: text(team), type: 'team' }));
  return [{ id: id || undefined, name: name || undefined, username: username || undefined, type: type! }];
}

function listOf(text: string): string[] {
  return text
    .trim()
    .split(',')
    .filter((item) => item !== '');
}

function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

const VICTOROPS_TYPES: ReadonlySet<string> = new Set(['INFO', 'WARNING', 'CRITICAL']);

export const VICTOROPS: HttpKind<VictoropsConfig> = {
  name: 'victorops',
  async requests(config, telling) {
    const key = await readSecretNow(config.key, 'failed to read API key from file: ');
    const { notification, expansion } = telling;
    return expanding('templating error: ', () => {
      const { text } = expansion;
      const url = new URL(config.url);
      url.pathname += `${key}/${text(config.routingKey)}`;
      const type = text(config.messageType);
      const isResolved = statusOf(notification.alerts) === 'resolved';
      const message = new Map([
        ['message_type', isResolved ? 'RECOVERY' : VICTOROPS_TYPES.has(type) ? type : 'CRITICAL'],
        ['entity_id', hashOfKey(notification.groupKey)],
        ['entity_display_name', text(config.entityDisplayName)],
        ['state_message', cutTo(telling, text(config.stateMessage), VICTOROPS_MESSAGE_MAX)],
        ['monitoring_tool', text(config.monitoringTool)],
        ...Object.entries(config.customFields).map(([name, value]): [string, string] => [name, text(value)]),
      ]);
      return [{ url: url.href, body: body(message) }];
    });
  },
};

export const PUSHOVER: HttpKind<PushoverConfig> = {
  name: 'pushover',
  async requests(config, telling) {
    const token = await readSecretNow(config.token, 'read token_file: ');
    const user = await readSecretNow(config.userKey, 'read user_key_file: ');
    return expanding('', () => {
      const { text, html } = telling.expansion;
      const written = config.format === 'html' ? html(config.message) : text(config.message);
      const parameters: Readonly<Record<string, string>> = {
        token: text(token),
        user: text(user),
        title: cutTo(telling, text(config.title), PUSHOVER_TITLE_MAX),
        // One without a message is refused.
        message: cutTo(telling, written, PUSHOVER_MESSAGE_MAX).trim() || '(no details)',
        url: cutTo(telling, text(config.url), PUSHOVER_URL_MAX),
        url_title: text(config.urlTitle),
        priority: text(config.priority),
        retry: String(config.retry),
        expire: String(config.expire),
        device: text(config.device),
        sound: text(config.sound),
        ...(config.format !== 'plain' && { [config.format]: '1' }),
        ...(config.ttl > 0 && { ttl: String(config.ttl) }),
      };
      const query = Object.entries(parameters)
        .map(([name, value]) => `${name}=${queryEscape(value)}`)
        .sort()
        .join('&');
      return [{ url: `${PUSHOVER_URL}?${query}`, contentType: 'text/plain', body: '' }];
    });
  },
};

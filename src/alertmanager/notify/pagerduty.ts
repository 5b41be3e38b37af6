/** PagerDuty: an event that opens or closes an incident. A service key speaks the first version of its API, a routing key the second. */

import type { PagerdutyConfig } from '../receiver-config.ts';
import { goJson, type Json } from '../templates/go-json.ts';
import { statusOf } from '../templates/template-data.ts';
import {
  cutRunes,
  expanding,
  expandValues,
  expansionOf,
  hashOfKey,
  type NotifierParts,
  readSecretNow,
} from './expansion.ts';
import { type Answer, checkStatus, HttpPoster } from './http-poster.ts';
import { type Integration, type Notification, NotifyError } from './integration.ts';

const V1_URL = 'https://events.pagerduty.com/generic/2010-04-15/create_event.json';
/** Of a description or a summary. */
const SUMMARY_RUNES_MAX = 1024;
/** Of a whole event. */
const EVENT_BYTES_MAX = 512_000;
const TOO_LARGE =
  'Custom details have been removed because the original event exceeds the maximum size of 512KB';

/** How each version says that there is too much. */
const RATE_LIMITED = { v1: 403, v2: 429 } as const;

type Text = (template: string) => string;

export class PagerdutyIntegration implements Integration {
  readonly name = 'pagerduty';
  readonly index: number;
  readonly sendsResolved: boolean;
  readonly #config: PagerdutyConfig;
  readonly #parts: NotifierParts;
  readonly #poster: HttpPoster;

  constructor(config: PagerdutyConfig, parts: NotifierParts) {
    this.index = config.index;
    this.sendsResolved = config.sendsResolved;
    this.#config = config;
    this.#parts = parts;
    const limit = { name: 'pagerduty', timeoutMs: config.timeoutMs };
    this.#poster = new HttpPoster(config.client, parts.clock, limit);
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { serviceKey, routingKey, url, details: written } = this.#config;
    const version = serviceKey ? 'v1' : 'v2';
    const kind = serviceKey ? 'service' : 'routing';
    const expansion = expansionOf(this.#parts, notification);
    let details: Json;
    try {
      details = await expandValues(written, expansion, this.#parts.parseYaml);
    } catch (error) {
      throw new NotifyError(`failed to render details: ${(error as Error).message}`, false);
    }
    const writtenKey = await readSecretNow(
      serviceKey ?? routingKey!,
      `failed to read ${kind} key from file: `,
    );
    const body = expanding(`failed to template PagerDuty ${version} message: `, () => {
      const key = expansion.text(writtenKey);
      if (key === '') throw new NotifyError(`${kind} key cannot be empty`, false);
      const make = serviceKey ? this.#eventV1 : this.#eventV2;
      return this.#encode(
        notification,
        (d) => make.call(this, key, notification, expansion.text, d),
        details,
      );
    });
    const answer = await this.#poster.post({ url: serviceKey ? V1_URL : url, body, signal });
    checkStatus(answer, { retried: [RATE_LIMITED[version]], details: detailsOf });
  }

  #encode(notification: Notification, make: (details: Json) => Json, details: Json): string {
    const whole = `${goJson(make(details))}\n`;
    const bytes = Buffer.byteLength(whole);
    if (bytes <= EVENT_BYTES_MAX) return whole;
    this.#parts.log.warn('the details of a PagerDuty event are left out: it would be too large', {
      group: notification.groupKey,
      bytes,
      bytesMax: EVENT_BYTES_MAX,
    });
    return `${goJson(make({ error: TOO_LARGE }))}\n`;
  }

  #summary(groupKey: string, text: Text): string {
    const onCut = (): void =>
      this.#parts.log.warn('the summary of a PagerDuty event is cut', {
        group: groupKey,
        runes: SUMMARY_RUNES_MAX,
      });
    return cutRunes(text(this.#config.description), SUMMARY_RUNES_MAX, onCut);
  }

  #eventV1(key: string, notification: Notification, text: Text, details: Json): Json {
    const { sender, senderUrl } = this.#config;
    const { groupKey } = notification;
    const action = actionOf(notification);
    const isTrigger = action === 'trigger';
    return {
      service_key: key,
      incident_key: hashOfKey(groupKey),
      event_type: action,
      description: this.#summary(groupKey, text) || undefined,
      event_action: '',
      payload: null,
      client: (isTrigger && text(sender)) || undefined,
      client_url: (isTrigger && text(senderUrl)) || undefined,
      details,
    };
  }

  #eventV2(key: string, notification: Notification, text: Text, details: Json): Json {
    const c = this.#config;
    const { groupKey } = notification;
    const images = c.images.map(({ src, alt, href }) => ({
      src: text(src),
      alt: text(alt),
      href: text(href),
    }));
    const links = c.links.map(({ href, text: label }) => ({ href: text(href), text: text(label) }));
    const some = (template: string): string | undefined => text(template) || undefined;
    return {
      routing_key: key,
      dedup_key: hashOfKey(groupKey),
      event_action: actionOf(notification),
      payload: {
        summary: this.#summary(groupKey, text),
        source: text(c.source),
        severity: text(c.severity),
        class: some(c.class),
        component: some(c.component),
        group: some(c.group),
        custom_details: details,
      },
      client: some(c.sender),
      client_url: some(c.senderUrl),
      images: someOf(images.filter(({ src }) => src !== '')),
      links: someOf(links.filter(({ href }) => href !== '')),
    };
  }

  close(): void {
    this.#poster.close();
  }
}

function actionOf({ alerts }: Notification): 'trigger' | 'resolve' {
  return statusOf(alerts) === 'firing' ? 'trigger' : 'resolve';
}

function someOf<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length > 0 ? list : undefined;
}

/** What is wrong with an event that is refused. */
function detailsOf({ status, body }: Answer): string {
  if (status !== 400) return '';
  try {
    const { message = '', errors = [] } = JSON.parse(body) as { message?: string; errors?: string[] };
    return `${message}: ${errors.join(',')}`;
  } catch {
    return '';
  }
}

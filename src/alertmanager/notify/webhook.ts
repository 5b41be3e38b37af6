/** A webhook: the notification as JSON, or what the configuration makes of it. */

import { inSlices } from '../../base/slices.ts';
import type { WebhookConfig } from '../receiver-config.ts';
import { goJson } from '../templates/go-json.ts';
import type { Expansion } from '../templates/notification-templates.ts';
import { expanding, expandValues, expansionOf, type NotifierParts, readSecretNow } from './expansion.ts';
import { checkStatus, HttpPoster } from './http-poster.ts';
import { type Integration, type Notification, NotifyError } from './integration.ts';
import { messageJson } from './message-json.ts';

const MESSAGE_VERSION = '4';

export class WebhookIntegration implements Integration {
  readonly name = 'webhook';
  readonly index: number;
  readonly sendsResolved: boolean;
  readonly #config: WebhookConfig;
  readonly #parts: NotifierParts;
  readonly #poster: HttpPoster;

  constructor(config: WebhookConfig, parts: NotifierParts) {
    this.index = config.index;
    this.sendsResolved = config.sendsResolved;
    this.#config = config;
    this.#parts = parts;
    this.#poster = new HttpPoster(config.client, parts.clock, {
      name: 'webhook',
      timeoutMs: config.timeoutMs,
    });
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const { maxAlerts } = this.#config;
    const { alerts } = notification;
    const told = maxAlerts > 0 ? { ...notification, alerts: alerts.slice(0, maxAlerts) } : notification;
    const expansion = expansionOf(this.#parts, told);
    const body = await this.#body(notification, expansion);
    const written = await readSecretNow(this.#config.url, 'read url_file: ');
    const url = expanding('failed to template webhook URL: ', () => expansion.text(written));
    if (url === '') throw new NotifyError('webhook URL is empty after templating', false);
    checkStatus(await this.#poster.post({ url, body, signal }));
  }

  async #body(notification: Notification, expansion: Expansion): Promise<string> {
    const { payload, maxAlerts } = this.#config;
    const { externalUrl, parseYaml } = this.#parts;
    if (payload === undefined) {
      const { routeLabels } = expansion;
      const parts = { version: MESSAGE_VERSION, externalUrl: externalUrl(), routeLabels, maxAlerts };
      return inSlices(messageJson(notification, parts));
    }
    try {
      return `${goJson(await expandValues(payload, expansion, parseYaml))}\n`;
    } catch (error) {
      throw new NotifyError(`failed to render custom payload: ${(error as Error).message}`, false);
    }
  }

  close(): void {
    this.#poster.close();
  }
}

/** Receivers that are told by plain requests: each kind says what they are, and how an answer is judged. */

import type { OverHttp } from '../receiver-config.ts';
import type { Expansion } from '../templates/notification-templates.ts';
import { expansionOf, type NotifierParts } from './expansion.ts';
import { type Answer, checkStatus, HttpPoster, type Posting, type Verdict } from './http-poster.ts';
import type { Integration, Notification } from './integration.ts';

export interface Telling {
  readonly notification: Notification;
  readonly expansion: Expansion;
  readonly parts: NotifierParts;
}

export interface HttpKind<Config extends OverHttp> {
  readonly name: string;
  /** One after another; one that fails ends it. Rejects with `NotifyError`. */
  requests(config: Config, telling: Telling): Promise<readonly Omit<Posting, 'signal'>[]>;
  readonly verdict?: Verdict;
  /** Of a request; 0 is none. */
  timeoutMs?(config: Config): number;
  /** Instead of the judgement by the status. Throws `NotifyError`. */
  check?(answer: Answer): void;
}

export class HttpIntegration<Config extends OverHttp> implements Integration {
  readonly name: string;
  readonly index: number;
  readonly sendsResolved: boolean;
  readonly #config: Config;
  readonly #kind: HttpKind<Config>;
  readonly #parts: NotifierParts;
  readonly #poster: HttpPoster;

  constructor(config: Config, kind: HttpKind<Config>, parts: NotifierParts) {
    this.name = kind.name;
    this.index = config.index;
    this.sendsResolved = config.sendsResolved;
    this.#config = config;
    this.#kind = kind;
    this.#parts = parts;
    const timeoutMs = kind.timeoutMs?.(config) ?? 0;
    this.#poster = new HttpPoster(config.client, parts.clock, { name: kind.name, timeoutMs });
  }

  async notify(notification: Notification, signal: AbortSignal): Promise<void> {
    const expansion = expansionOf(this.#parts, notification);
    const telling = { notification, expansion, parts: this.#parts };
    const { requests, check, verdict } = this.#kind;
    for (const posting of await requests(this.#config, telling)) {
      const answer = await this.#poster.post({ ...posting, signal });
      if (check) check(answer);
      else checkStatus(answer, verdict);
    }
  }

  close(): void {
    this.#poster.close();
  }
}

/**
 * An Alertmanager as far as its API v2 goes: it believes an alert to be active until its `endsAt`, and what it is sent later
 * counts. Requests can be lost on the way, refused, or kept waiting.
 */

import { utf8Decode } from '../../../src/base/bytes.ts';
import type { Post } from '../../../src/rules/notify/send-loop.ts';

export interface SentAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly generatorURL: string;
}

interface SentRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly alerts: readonly SentAlert[];
}

export class FakeAlertmanager {
  readonly requests: SentRequest[] = [];
  /** What becomes of the next requests. */
  fate: 'taken' | 'lost' | 'refused' | 'held' = 'taken';
  readonly #ends = new Map<string, number>();
  #release: (() => void)[] = [];

  readonly post: Post = async (url, headers, body, signal) => {
    if (this.fate === 'held') {
      await new Promise<void>((resolve, reject) => {
        this.#release.push(resolve);
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
    }
    if (this.fate === 'lost') throw new Error('lost');
    if (this.fate === 'refused') return { status: 503, text: '503 Service Unavailable' };
    const alerts = JSON.parse(utf8Decode(body)) as SentAlert[];
    this.requests.push({ url, headers, alerts });
    for (const { labels, endsAt } of alerts) this.#ends.set(JSON.stringify(labels), Date.parse(endsAt));
    return { status: 200, text: '200 OK' };
  };

  /** Lets go of what is held. */
  release(): void {
    this.fate = 'taken';
    for (const release of this.#release.splice(0)) release();
  }

  /** Labels of the alerts that are believed to be active, sorted. */
  active(nowMs: number): string[] {
    return [...this.#ends]
      .filter(([, endsAtMs]) => endsAtMs > nowMs)
      .map(([labels]) => labels)
      .sort();
  }

  get alerts(): readonly SentAlert[] {
    return this.requests.flatMap((request) => request.alerts);
  }
}

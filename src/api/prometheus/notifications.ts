/**
 * What an operator should know now, for a page that shows it: a list, and a stream of changes (server-sent events,
 * `data: {json}`). A notification stands until it is taken back.
 */

import type { EventStream } from '../route.ts';

export interface Notification {
  readonly text: string;
  /** RFC 3339. */
  readonly date: string;
  readonly active: boolean;
}

/** Each subscriber is an open connection; the original's default. */
const SUBSCRIBERS_MAX = 16;

export class Notifications {
  readonly #active = new Map<string, Notification>();
  readonly #subscribers = new Set<(notification: Notification) => void>();

  /** Adds it, or says that it holds anew. */
  add(text: string): void {
    const notification = { text, date: new Date().toISOString(), active: true };
    this.#active.set(text, notification);
    this.#tell(notification);
  }

  /** Takes it back. */
  remove(text: string): void {
    const notification = this.#active.get(text);
    if (!this.#active.delete(text)) return;
    this.#tell({ ...notification!, active: false });
  }

  #tell(notification: Notification): void {
    for (const tell of this.#subscribers) tell(notification);
  }

  list(): readonly Notification[] {
    return [...this.#active.values()];
  }

  /** What there is and what changes from now on; undefined where too many are listening. */
  stream(): EventStream | undefined {
    if (this.#subscribers.size >= SUBSCRIBERS_MAX) return undefined;
    return {
      contentType: 'text/event-stream',
      headers: { 'Cache-Control': 'no-cache' },
      open: (write) => {
        const tell = (notification: Notification) => write(`data: ${JSON.stringify(notification)}\n\n`);
        this.#subscribers.add(tell);
        for (const notification of this.#active.values()) tell(notification);
        return () => this.#subscribers.delete(tell);
      },
    };
  }
}

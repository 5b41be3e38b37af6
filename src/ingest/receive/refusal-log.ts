/**
 * What was refused last and of whom: an entry for each receiver, tenant and reason, with how often, the newest message and
 * an example. Everything in it may come from strangers, so there are few entries and short texts, whatever they send.
 */

import { RecentMap } from '../../base/recent-map.ts';
import { clipped, type Sender, type SenderNote, senderNote } from '../../model/sender.ts';
import { TENANT_HEADER } from '../../model/tenant.ts';

/** More than a reader looks through. */
const ENTRIES_MAX = 256;
const TEXT_MAX_CHARS = 400;
const TENANT_MAX_CHARS = 150;

/** What is known of a refusal. */
export interface RefusedAbout {
  readonly from?: Sender | undefined;
  readonly message?: string | undefined;
  /** The series or stream, as text; asked for only where it is kept. */
  readonly example?: (() => string | undefined) | undefined;
}

export interface RefusalEntry extends SenderNote {
  readonly receiver: string;
  /** As the request names it; '' where it does not. */
  readonly tenant: string;
  readonly reason: string;
  /** Whether requests were refused as a whole, before their items were looked at. */
  readonly isWhole: boolean;
  /** Items, or requests. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly message: string;
  readonly example: string;
  /** Of the request. */
  readonly contentType: string;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export class RefusalLog {
  readonly #now: () => number;
  readonly #entries = new RecentMap<string, Writable<RefusalEntry>>(ENTRIES_MAX);

  constructor(now: () => number) {
    this.#now = now;
  }

  note(receiver: string, reason: string, isWhole: boolean, count: number, about: RefusedAbout = {}): void {
    const { from } = about;
    const tenant = clipped(from?.header(TENANT_HEADER) ?? '', TENANT_MAX_CHARS);
    const nowMs = this.#now();
    const entry = this.#entries.use(JSON.stringify([receiver, reason, isWhole, tenant]), () => ({
      ...{ receiver, tenant, reason, isWhole, count: 0, firstMs: nowMs, lastMs: nowMs },
      ...{ message: '', example: '', peer: '', agent: '', contentType: '' },
    }));
    entry.count += count;
    entry.lastMs = nowMs;
    if (about.message) entry.message = clipped(about.message, TEXT_MAX_CHARS);
    const example = about.example?.();
    if (example) entry.example = clipped(example, TEXT_MAX_CHARS);
    if (from) {
      Object.assign(entry, senderNote(from));
      entry.contentType = clipped(from.contentType ?? '', TENANT_MAX_CHARS);
    }
  }

  /** Entries that had to make room. */
  get forgotten(): number {
    return this.#entries.forgotten;
  }

  /** The newest first. */
  view(): readonly RefusalEntry[] {
    return this.#entries.values();
  }
}

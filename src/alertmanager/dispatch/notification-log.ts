/**
 * What was told of last: for each group and each way to tell its receiver, which alerts fired and which were over then. By that it is
 * decided whether there is anything new to tell. An entry is in the database before the next notification of its group is thought
 * about, so that a restart neither forgets nor repeats one.
 */

import type { AlertStateStore, StoredAlertState } from '../../storage/interface.ts';
import type { Integration, NotificationReason } from '../notify/integration.ts';

/** The original's `--data.retention`. */
const RETENTION_MS = 120 * 3_600_000;

export interface LogEntry {
  /** Fingerprints. */
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
  readonly atMs: number;
  readonly expiresAtMs: number;
}

/** What a look at a group finds. */
export interface GroupState {
  readonly firing: readonly string[];
  readonly resolved: readonly string[];
}

/** Why the receiver is to be told of the group now; undefined: it need not be. */
export function reasonToNotify(
  entry: LogEntry | undefined,
  { firing, resolved }: GroupState,
  sendsResolved: boolean,
  repeatIntervalMs: number,
  nowMs: number,
): NotificationReason | undefined {
  // Of what nobody was told while it fired, nobody is told that it is over.
  if (!entry) return firing.length > 0 ? 'first notification' : undefined;
  if (!isSubset(firing, entry.firing)) {
    return entry.firing.length === 0 ? 'first notification' : 'new alerts added';
  }
  // Also where the receiver does not want to know: the log must.
  if (firing.length === 0) return entry.firing.length > 0 ? 'all alerts resolved' : undefined;
  if (sendsResolved && !isSubset(resolved, entry.resolved)) return 'some alerts resolved';
  return entry.atMs < nowMs - repeatIntervalMs ? 'repeat interval elapsed' : undefined;
}

function isSubset(some: readonly string[], of: readonly string[]): boolean {
  if (some.length === 0) return true;
  const all = new Set(of);
  return some.every((one) => all.has(one));
}

/** What names an entry: the group, and who is told of it by what. */
export function logKey(groupKey: string, receiver: string, { name, index }: Integration): string {
  return JSON.stringify([groupKey, receiver, name, index]);
}

const KIND = 'notified';

export class NotificationLog {
  readonly #tenant: string;
  readonly #store: AlertStateStore;
  readonly #entries = new Map<string, LogEntry>();

  constructor(tenant: string, store: AlertStateStore) {
    this.#tenant = tenant;
    this.#store = store;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the database has. */
  restore(key: string, definition: string): void {
    this.#entries.set(key, JSON.parse(definition) as LogEntry);
  }

  get(key: string): LogEntry | undefined {
    return this.#entries.get(key);
  }

  /** Resolves when it is in the database; known it is at once. */
  put(key: string, state: GroupState, repeatIntervalMs: number, nowMs: number): Promise<void> {
    const expiresAtMs = nowMs + Math.min(RETENTION_MS, 2 * repeatIntervalMs);
    const entry: LogEntry = { ...state, atMs: nowMs, expiresAtMs };
    this.#entries.set(key, entry);
    const stored: StoredAlertState = {
      tenant: this.#tenant,
      kind: KIND,
      key,
      definition: JSON.stringify(entry),
    };
    return this.#store.changeAlertState([stored], []);
  }

  /** Forgets entries that have expired. */
  sweep(nowMs: number): Promise<void> {
    const gone = [...this.#entries].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs);
    return this.#remove(gone.map(([key]) => key));
  }

  clear(): Promise<void> {
    return this.#remove([...this.#entries.keys()]);
  }

  async #remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const key of keys) this.#entries.delete(key);
    const rows = keys.map((key) => ({ tenant: this.#tenant, kind: KIND, key }) as const);
    await this.#store.changeAlertState([], rows);
  }
}

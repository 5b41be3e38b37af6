/**
 * What was told of last: for each group and each way to tell its receiver, which alerts fired and which were over then. By that it is
 * decided whether there is anything new to tell. An entry is in the database before the next notification of its group is thought
 * about, so that a restart neither forgets nor repeats one. What is about to be told is written down, too: of a notification that a crash
 * cut off nobody knows whether it arrived, so the alerts in it are told of again, or, when they are over, that they are.
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

/** An entry at rest. */
interface StoredEntry extends Partial<LogEntry> {
  /** Alerts that fire by a notification of which it is not known whether it arrived. */
  readonly doubtful?: readonly string[];
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
  /** Of the last run, by key: what was about to be told when it ended. */
  readonly #doubtful = new Map<string, readonly string[]>();

  constructor(tenant: string, store: AlertStateStore) {
    this.#tenant = tenant;
    this.#store = store;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What the database has. */
  restore(key: string, definition: string): void {
    const { doubtful, ...entry } = JSON.parse(definition) as StoredEntry;
    if (entry.atMs !== undefined) this.#entries.set(key, entry as LogEntry);
    if (doubtful) this.#doubtful.set(key, doubtful);
  }

  get(key: string): LogEntry | undefined {
    return this.#entries.get(key);
  }

  /** As `reasonToNotify`. */
  reason(
    key: string,
    state: GroupState,
    sendsResolved: boolean,
    repeatIntervalMs: number,
    nowMs: number,
  ): NotificationReason | undefined {
    const found = reasonToNotify(this.get(key), state, sendsResolved, repeatIntervalMs, nowMs);
    if (found || state.firing.length > 0) return found;
    return (this.#doubtful.get(key)?.length ?? 0) > 0 ? 'all alerts resolved' : undefined;
  }

  /** The state is about to be told. Resolves when the database knows. */
  begin(key: string, { firing }: GroupState): Promise<void> {
    const doubtful = [...new Set([...(this.#doubtful.get(key) ?? []), ...firing])];
    return this.#write(key, { ...this.get(key), doubtful });
  }

  /** It was not told. What was in doubt before is so still. */
  undo(key: string): Promise<void> {
    const entry = this.get(key);
    const doubtful = this.#doubtful.get(key);
    return entry || doubtful
      ? this.#write(key, { ...entry, ...(doubtful && { doubtful }) })
      : this.#remove([key]);
  }

  #write(key: string, entry: StoredEntry): Promise<void> {
    const definition = JSON.stringify(entry);
    const stored: StoredAlertState = { tenant: this.#tenant, kind: KIND, key, definition };
    return this.#store.changeAlertState([stored], []);
  }

  /** Resolves when it is in the database; known it is at once. */
  put(key: string, state: GroupState, repeatIntervalMs: number, nowMs: number): Promise<void> {
    const expiresAtMs = nowMs + Math.min(RETENTION_MS, 2 * repeatIntervalMs);
    const entry: LogEntry = { ...state, atMs: nowMs, expiresAtMs };
    this.#entries.set(key, entry);
    this.#doubtful.delete(key);
    return this.#write(key, entry);
  }

  /** Forgets entries that have expired. */
  sweep(nowMs: number): Promise<void> {
    const gone = [...this.#entries].filter(([, { expiresAtMs }]) => expiresAtMs <= nowMs);
    // What the groups of the last run have not come back for by now belongs to none.
    const lost = [...this.#doubtful.keys()].filter((key) => !this.#entries.has(key));
    this.#doubtful.clear();
    return this.#remove([...gone.map(([key]) => key), ...lost]);
  }

  clear(): Promise<void> {
    return this.#remove([...this.#entries.keys(), ...this.#doubtful.keys()]);
  }

  async #remove(keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const key of keys) {
      this.#entries.delete(key);
      this.#doubtful.delete(key);
    }
    const rows = keys.map((key) => ({ tenant: this.#tenant, kind: KIND, key }) as const);
    await this.#store.changeAlertState([], rows);
  }
}

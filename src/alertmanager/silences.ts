/**
 * The silences of a tenant: in memory, and in the database before anybody is told that they are. Changes follow each other. One that
 * is over is kept for a while, so that it can be looked at and made again.
 */

import { randomUUID } from 'node:crypto';
import type { Clock } from '../base/clock.ts';
import { TriliteError } from '../model/errors.ts';
import type { SilenceStore, StoredSilence } from '../storage/interface.ts';
import {
  canUpdate,
  checkedEndMs,
  checkMatchers,
  expired,
  type PostedSilence,
  printSilence,
  type Silence,
  type SilenceState,
  stateOf,
} from './silence.ts';

/** How long one that is over is kept: the original's `--data.retention`. */
export const SILENCE_RETENTION_MS = 120 * 3_600_000;
/** Of one tenant, those that are over among them. Each alert is held against those that may concern it. */
export const SILENCES_MAX = 10_000;
/** As it is stored: room for a long list of names in an expression. */
export const SILENCE_MAX_BYTES = 64 * 1024;

export interface SilencesParts {
  readonly tenant: string;
  readonly clock: Clock;
  readonly store: SilenceStore;
}

export class Silences {
  readonly #parts: SilencesParts;
  /** By id, in the order in which they were made. */
  readonly #all: Map<string, Silence>;
  #version = 1;
  #changes: Promise<unknown> = Promise.resolve();

  /** `stored` are those that the database has. */
  constructor(parts: SilencesParts, stored: readonly Silence[]) {
    this.#parts = parts;
    const byAge = [...stored].sort((a, b) => a.startsAtMs - b.startsAtMs);
    this.#all = new Map(byAge.map((silence) => [silence.id, silence]));
  }

  /** Another number after every change. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#all.size;
  }

  all(): IterableIterator<Silence> {
    return this.#all.values();
  }

  find(id: string): Silence | undefined {
    return this.#all.get(id);
  }

  counts(): Record<SilenceState, number> {
    const nowMs = this.#parts.clock.now();
    const out = { active: 0, pending: 0, expired: 0 };
    for (const silence of this.#all.values()) out[stateOf(silence, nowMs)]++;
    return out;
  }

  /**
   * Makes a silence, or changes the one with its id; where that would change what was silenced in the past, the old one ends now
   * and a new one begins. Resolves to the id when it is stored. Throws `bad_data` where it cannot be, `not_found` for an id that
   * is none.
   */
  set(posted: PostedSilence): Promise<string> {
    return this.#change(async () => {
      const nowMs = this.#parts.clock.now();
      const endsAtMs = checkedEndMs(posted, nowMs);
      const startsAtMs = posted.startsAtMs ?? nowMs;
      const next = {
        ...posted,
        matchers: checkMatchers(posted.matchers),
        startsAtMs,
        endsAtMs,
        updatedAtMs: nowMs,
      };
      const known = this.#all.get(posted.id);
      if (posted.id !== '' && !known) throw new TriliteError('not_found', 'silence not found');
      if (known && canUpdate(known, next, nowMs)) {
        await this.#keep([next]);
        return next.id;
      }
      if (this.#all.size + 1 > SILENCES_MAX) {
        const count = `${this.#all.size} (limit: ${SILENCES_MAX})`;
        throw new TriliteError('bad_data', `exceeded maximum number of silences: ${count}`);
      }
      const made = { ...next, id: randomUUID(), startsAtMs: Math.max(startsAtMs, nowMs) };
      const ends = known && stateOf(known, nowMs) !== 'expired' ? [expired(known, nowMs)] : [];
      await this.#keep([...ends, made]);
      return made.id;
    });
  }

  /** Ends it now; one that is over stays as it is. Throws `not_found`. */
  expire(id: string): Promise<void> {
    return this.#change(async () => {
      const nowMs = this.#parts.clock.now();
      const known = this.#all.get(id);
      if (!known) throw new TriliteError('not_found', 'silence not found');
      if (stateOf(known, nowMs) !== 'expired') await this.#keep([expired(known, nowMs)]);
    });
  }

  /** Forgets those that have been over for long. */
  sweep(): Promise<void> {
    return this.#change(async () => {
      const oldestMs = this.#parts.clock.now() - SILENCE_RETENTION_MS;
      const gone = [...this.#all.values()].filter(({ endsAtMs }) => endsAtMs < oldestMs);
      if (gone.length === 0) return;
      const { store, tenant } = this.#parts;
      await store.removeSilences(gone.map(({ id }) => ({ tenant, id })));
      for (const { id } of gone) this.#all.delete(id);
      this.#version++;
    });
  }

  async #keep(silences: readonly Silence[]): Promise<void> {
    await this.#parts.store.putSilences(silences.map((silence) => this.#stored(silence)));
    for (const silence of silences) this.#all.set(silence.id, silence);
    this.#version++;
  }

  #stored(silence: Silence): StoredSilence {
    const definition = printSilence(silence);
    const size = Buffer.byteLength(definition);
    if (size > SILENCE_MAX_BYTES) {
      const message = `silence exceeded maximum size: ${size} bytes (limit: ${SILENCE_MAX_BYTES} bytes)`;
      throw new TriliteError('bad_data', message);
    }
    return { tenant: this.#parts.tenant, id: silence.id, definition };
  }

  #change<T>(change: () => Promise<T>): Promise<T> {
    const mine = this.#changes.then(change);
    this.#changes = mine.catch(() => {});
    return mine;
  }
}

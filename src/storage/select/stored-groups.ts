/**
 * The groups of blocks that a reader thread has open, kept from one query to the next: a page of Grafana asks about the
 * same time again and again, and what a group costs is finding, checking and decompressing its pieces. Blocks never
 * change and their numbers are never used again, so nothing here is ever wrong.
 *
 * What is kept has a bound, which a query over much data passes. Two queries in a row mostly read the same groups in the
 * same order, so dropping what was used longest ago would drop every group just before it is wanted again. Groups that
 * no query wanted lately make room first, then those that came last.
 */

import type { SpanGroupRow } from '../sqlite/span-table.ts';
import { type PieceSource, StoredGroup } from './stored-group.ts';

/** Of decompressed pieces and decoded columns. */
const KEPT_BYTES_MAX = 64 * 1024 * 1024;
/** Where room is short: what a group has open that so many jobs did not use is wanted no more. */
const STALE_JOBS = 64;
/** Groups of which the directory is kept, and what else is remembered of them: some 5 KB each. */
const KEPT_GROUPS_MAX = 8192;

export class StoredGroups {
  readonly #source: PieceSource;
  /** By the group's number, those used longest ago first. */
  readonly #groups = new Map<number, StoredGroup>();
  /** Those with anything open, in the order in which they were opened. */
  readonly #open = new Set<StoredGroup>();
  #bytes = 0;
  #job = 0;
  #keepsNothing = false;

  constructor(load: PieceSource['load']) {
    this.#source = {
      load,
      held: (group, bytes) => {
        if (!this.#open.has(group)) {
          this.#open.add(group);
          group.openedIn = this.#job;
        }
        group.bytes += bytes;
        this.#bytes += bytes;
      },
    };
  }

  /** Begins a job: makes room, which is not done while one may have columns in use. */
  begin(): void {
    if (this.#keepsNothing) {
      for (const group of [...this.#open]) if (group.openedIn === this.#job) this.#drop(group);
      this.#keepsNothing = false;
    }
    this.#job++;
    this.#makeRoom();
  }

  /**
   * The job looks up one trace, of which it needs some rows, and the next one will need others, of other groups: kept,
   * their columns would push out what other queries use, and cost a full garbage collection every twenty traces.
   */
  keepNothing(): void {
    this.#keepsNothing = true;
  }

  /** The group of a row. One object stands for it as long as a job runs. */
  of(row: SpanGroupRow): StoredGroup {
    let group = this.#groups.get(row.id);
    if (group !== undefined && group.row.block !== row.block) {
      this.#drop(group);
      group = undefined;
    }
    if (group === undefined) this.#groups.set(row.id, (group = new StoredGroup(row, this.#source)));
    else if (group.job !== this.#job) {
      this.#groups.delete(row.id);
      this.#groups.set(row.id, group);
    }
    group.job = this.#job;
    return group;
  }

  /** The job will hardly ask for its columns again. What jobs before it left open has proved useful and stays. */
  passed(group: StoredGroup): void {
    if (this.#bytes > KEPT_BYTES_MAX && group.openedIn === this.#job) this.#drop(group);
  }

  #makeRoom(): void {
    for (const group of this.#groups.values()) {
      if (this.#groups.size <= KEPT_GROUPS_MAX) break;
      this.#groups.delete(group.row.id);
      this.#drop(group);
    }
    if (this.#bytes <= KEPT_BYTES_MAX) return;
    const open = [...this.#open];
    for (const group of open) if (group.job < this.#job - STALE_JOBS) this.#drop(group);
    for (const group of open.reverse()) {
      if (this.#bytes <= KEPT_BYTES_MAX) return;
      this.#drop(group);
    }
  }

  #drop(group: StoredGroup): void {
    this.#open.delete(group);
    this.#bytes -= group.bytes;
    group.drop();
  }
}

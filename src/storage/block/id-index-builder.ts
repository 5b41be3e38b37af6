/**
 * Collects the IDs of a log block's pages as the pages are written, and writes them as runs of the ID index
 * (`chunkenc/id-run.ts`). A run ends when it has enough entries, so memory is bounded whatever the block's size.
 */

import type { EntryChunk } from '../../model/entry-chunk.ts';
import { type EncodedIdRun, encodeIdRun, PAGE_FLAG, RUN_PAGES_MAX } from '../chunkenc/id-run.ts';
import { type IdSink, scanIds } from './id-scan.ts';

/** Entries at which a run ends, at the next page: they are sorted in one go, which takes about 10 ms. */
const RUN_ENTRIES = 131_072;
/** IDs of the open page that are remembered, to pass over those that come again. */
const SEEN_SLOTS = 4096;

export class IdIndexBuilder implements IdSink {
  readonly #write: (run: EncodedIdRun) => void;
  #hashes = new Uint32Array(1024);
  #pages = new Uint32Array(1024);
  #count = 0;
  #firstPage = 0;
  /** Of the run's pages. */
  #flags: number[] = [];
  readonly #seen = new Uint32Array(SEEN_SLOTS);

  /** `write` stores a run of the block. */
  constructor(write: (run: EncodedIdRun) => void) {
    this.#write = write;
  }

  /** Takes in a chunk that goes into the block's page of this number; numbers ascend. */
  add(chunk: EntryChunk, page: number): void {
    const pages = this.#flags.length;
    if (page >= this.#firstPage + pages) {
      // A new page.
      if (this.#count >= RUN_ENTRIES || pages === RUN_PAGES_MAX) this.finish();
      this.#flags.push(0);
      this.#seen.fill(0);
    }
    scanIds(chunk, this);
  }

  id(hash: number): void {
    // A hash of 0 is never passed over, which costs at most a byte or two.
    const slot = hash & (SEEN_SLOTS - 1);
    if (this.#seen[slot] === hash && hash !== 0) return;
    this.#seen[slot] = hash;
    if (this.#count === this.#hashes.length) {
      this.#hashes = doubled(this.#hashes);
      this.#pages = doubled(this.#pages);
    }
    this.#hashes[this.#count] = hash;
    this.#pages[this.#count++] = this.#flags.length - 1;
  }

  longRun(): void {
    this.#flags[this.#flags.length - 1]! |= PAGE_FLAG.longRun;
  }

  escapedDigit(): void {
    this.#flags[this.#flags.length - 1]! |= PAGE_FLAG.escapedDigit;
  }

  /** Writes what is collected. */
  finish(): void {
    if (this.#flags.length === 0) return;
    const flags = Uint8Array.from(this.#flags);
    this.#write(encodeIdRun(this.#firstPage, flags, this.#hashes, this.#pages, this.#count));
    this.#firstPage += flags.length;
    this.#flags = [];
    this.#count = 0;
  }
}

function doubled(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const next = new Uint32Array(2 * array.length);
  next.set(array);
  return next;
}

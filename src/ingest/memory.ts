/**
 * How much memory requests may take. The limit is that of the whole process: what an idle one has is set aside, most
 * of the rest is shared by requests in flight and by what storage holds (heads, queue of the WAL). A request is charged from
 * the moment it is announced until it is durable: its bytes on the wire, and three times what it decompresses to,
 * since batch and WAL record stand beside the body for a while. The charge grows as the body is decompressed, so a
 * small body that expands far is refused before it has.
 *
 * Garbage is memory too: while the process itself is above the limit, requests are taken one at a time.
 */

import { TriliteError } from '../model/errors.ts';

/** What a sender is asked to wait when memory is short. */
export const RETRY_AFTER_SECONDS = 5;
const DECODED_FACTOR = 3;
/** Counted for a body that does not say how long it is, until it is longer. */
const UNDECLARED_BYTES = 256 * 1024;
/**
 * Counted for a body that has not come, whatever its length is said to be: words cost a sender nothing, and would take the
 * memory of others for as long as it likes.
 */
const ANNOUNCED_BYTES = 16 * 1024;
/** Memory of the process when nothing is going on: threads, code, caches. */
const IDLE_BYTES = 128 * 1024 * 1024;
/** Of the rest this is shared out; what is over is for garbage and for what the writer and the readers work with. */
const SHARED_SHARE = 0.5;
/** However small the limit is, so much of it is shared out; it is a floor below which nothing would work. */
const SHARED_BYTES_MIN = 32 * 1024 * 1024;
/** Above this share of its limit the process is taken to be at it: what is under way still grows. */
const PROCESS_SHARE = 0.85;
/** The process's memory is looked at so often, in ms: a look costs some 30 µs. */
const LOOK_MS = 50;
/**
 * Garbage is collected so often at most, in ms, and takes no more than this share of the time: where the processors are busy
 * with other things it takes seconds, and nobody would be served while it went on and on.
 */
const COLLECT_MS = 1000;
const COLLECT_SHARE = 0.05;

/** Of a limit for the process, what requests and heads may share. */
export function sharedBytes(processLimitBytes: number): number {
  return Math.max(SHARED_BYTES_MIN, (processLimitBytes - IDLE_BYTES) * SHARED_SHARE);
}

export interface MemoryParts {
  /** Bytes that storage holds at present. */
  readonly heldBytes?: () => number;
  /** Called when a request is refused: storage may write its heads out early. */
  readonly relieve?: () => void;
  /** Bytes of the whole process, and its limit. */
  readonly processBytes?: () => number;
  readonly processLimitBytes?: number;
  /** Called when the process is above its limit, once in a while: frees what is not used any more. */
  readonly collect?: () => void;
}

/** Memory of one request. */
export interface Reservation {
  /**
   * The body has grown to so many bytes, `wire` as it came and `decoded` as it is. Throws `overloaded` where there is
   * no memory for it at present, `too_large` where there never is.
   */
  grow(size: { readonly wire?: number; readonly decoded?: number }): void;
  /** Gives it back, once. */
  release(): void;
}

/** Counts bytes in flight against a limit. */
export class MemoryLimiter {
  readonly limitBytes: number;
  readonly #parts: MemoryParts;
  #inFlight = 0;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #collectNextMs = Number.NEGATIVE_INFINITY;
  #isOver = false;

  constructor(limitBytes: number, parts: MemoryParts = {}) {
    this.limitBytes = limitBytes;
    this.#parts = parts;
  }

  get inFlightBytes(): number {
    return this.#inFlight;
  }

  /** Sets memory aside for a body of `declaredBytes`. Throws as `Reservation.grow` does. */
  reserve(declaredBytes: number | undefined): Reservation {
    let wire = declaredBytes ?? UNDECLARED_BYTES;
    let decoded = wire;
    const chargeOf = (w: number, d: number) => w + DECODED_FACTOR * d;
    let charged = chargeOf(wire, decoded);
    let released = false;
    this.#charge(charged, 0);
    return {
      grow: (size) => {
        if (released) return;
        const w = Math.max(wire, size.wire ?? 0);
        const d = Math.max(decoded, size.decoded ?? 0, w);
        const due = chargeOf(w, d);
        this.#charge(due, charged);
        [wire, decoded, charged] = [w, d, due];
      },
      release: () => {
        if (!released) this.#inFlight -= charged;
        released = true;
      },
    };
  }

  /**
   * As `reserve` for a body that is to be read: there must be room for all of it now, but it is charged as it comes, which is
   * told by `grow`.
   */
  announce(declaredBytes: number | undefined): Reservation {
    const bytes = declaredBytes ?? ANNOUNCED_BYTES;
    this.reserve(bytes).release();
    return this.reserve(Math.min(bytes, ANNOUNCED_BYTES));
  }

  #charge(due: number, charged: number): void {
    if (due === charged) return;
    if (due > this.limitBytes) {
      throw new TriliteError(
        'too_large',
        `the body takes more memory than there is (${this.limitBytes} bytes)`,
      );
    }
    const others = this.#inFlight - charged;
    const held = this.#parts.heldBytes?.() ?? 0;
    // A request that comes alone always gets on, or a full head would refuse it for ever.
    const isAlone = others === 0 && due <= this.limitBytes / 2;
    if (!isAlone && (others + due + held > this.limitBytes || (others > 0 && this.#isProcessOver()))) {
      this.#parts.relieve?.();
      throw new TriliteError('overloaded', 'too many bytes are being taken in, try again later');
    }
    this.#inFlight += due - charged;
  }

  #isProcessOver(): boolean {
    const { processBytes, processLimitBytes } = this.#parts;
    if (!processBytes || !processLimitBytes) return false;
    const now = performance.now();
    if (now - this.#lookedAtMs > LOOK_MS) {
      this.#lookedAtMs = now;
      this.#isOver = processBytes() > processLimitBytes * PROCESS_SHARE;
      if (this.#isOver && now > this.#collectNextMs) {
        this.#parts.collect?.();
        const took = performance.now() - now;
        this.#collectNextMs = now + Math.max(COLLECT_MS, took / COLLECT_SHARE);
        this.#isOver = processBytes() > processLimitBytes * PROCESS_SHARE;
      }
    }
    return this.#isOver;
  }
}

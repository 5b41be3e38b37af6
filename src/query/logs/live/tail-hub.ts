/**
 * Tails, front side. Of what is appended the front looks at the streams only, each once as long as the tails are the
 * same, and copies the entries of those that some tail wants; the rest is the tail thread's, which runs while there are
 * tails. Frames that it makes go to the clients as they are.
 *
 *   append ─▶ wanted streams' entries ─▶ tail thread ─▶ frames ─▶ client
 *   request ─▶ reader: backlog ────────────┘     ▲────── taken ─────┘
 */

import { assert } from '../../../base/assert.ts';
import { ByteWriter } from '../../../base/bytes.ts';
import { startWorker, type WorkerThread } from '../../../base/worker-pool.ts';
import type { LogBatch } from '../../../model/batch.ts';
import type { Labels } from '../../../model/labels.ts';
import { Matcher, type MatcherData, matchesAll } from '../../../model/matcher.ts';
import type { LogFeed } from '../../../storage/interface.ts';
import { wholeBuffer } from '../../piece-sender.ts';
import type { ServiceAnswer } from '../../service.ts';
import { encodeEntries } from './entry-batch.ts';
import {
  type FromTailThread,
  IN_FLIGHT_MAX_BYTES,
  LOST_TOLD_MAX,
  type TailData,
  type TailOptions,
  type ToTailThread,
} from './tail-protocol.ts';

/** Tails at a time, as in the original for a tenant. */
export const TAILS_MAX = 10;
/** Streams whose verdicts are kept; with more of them than this all are looked at again. */
const STREAMS_MAX = 100_000;

/** Who follows. */
export interface TailClient {
  /** Takes a frame of text; `onSent` is to be called when the client's connection has taken it. */
  frame(bytes: Uint8Array, onSent: () => void): void;
  /** The tail is over, for this reason. */
  failed(message: string): void;
}

export interface TailStart {
  readonly options: TailOptions;
  readonly matchers: readonly MatcherData[];
  /** Reads what is there already, given when live entries are taken. */
  readonly backlog: () => Promise<ServiceAnswer>;
}

interface Tail {
  readonly number: number;
  readonly bit: number;
  readonly matchers: readonly Matcher[];
  readonly client: TailClient;
}

/** The thread, and what it has been told of. */
interface TailThread {
  readonly worker: WorkerThread;
  readonly taken: Uint32Array;
  /** Bytes of entries sent, modulo 2^32. */
  sentBytes: number;
  /** Streams whose labels it has. */
  readonly known: Set<number>;
  forgets: boolean;
}

export class TailHub {
  readonly #feed: LogFeed;
  readonly #shown: (stored: Labels) => Labels;
  readonly #tails = new Map<number, Tail>();
  /** Bits of the tails that want a stream, by its id. */
  readonly #verdicts = new Map<number, number>();
  #thread: TailThread | undefined;
  #unfollow: (() => void) | undefined;
  #nextNumber = 1;
  /** Entries that did not reach the thread because it was behind. */
  lostEntries = 0;

  /** `shown`: stored labels as those see them who may. */
  constructor(feed: LogFeed, shown: (stored: Labels) => Labels = (stored) => stored) {
    this.#feed = feed;
    this.#shown = shown;
  }

  get size(): number {
    return this.#tails.size;
  }

  /** Begins a tail, of which there may be `TAILS_MAX`; the function that is returned ends it. */
  open(start: TailStart, client: TailClient): () => void {
    assert(this.#tails.size < TAILS_MAX, 'there is room for a tail');
    const number = this.#nextNumber++;
    const bit = this.#freeBit();
    this.#thread ??= this.#startThread();
    this.#unfollow ??= this.#feed.follow((batch, ids) => this.#take(batch, ids));
    this.#tails.set(number, { number, bit, matchers: start.matchers.map(Matcher.from), client });
    this.#verdicts.clear();
    this.#post({ kind: 'open', tail: number, bit, options: start.options });
    // Not before: what is appended from now on comes as live entries.
    start.backlog().then(
      (answer) => this.#giveBacklog(number, answer),
      (error: Error) => this.#fail(number, error.message),
    );
    return () => this.#end(number);
  }

  #stopWhenUnused(): void {
    if (this.#tails.size > 0) return;
    this.#unfollow?.();
    this.#unfollow = undefined;
    const thread = this.#thread;
    this.#thread = undefined;
    void thread?.worker.terminate();
  }

  #freeBit(): number {
    const used = [...this.#tails.values()].reduce((bits, tail) => bits | tail.bit, 0);
    // The lowest bit that is 0.
    return ~used & (used + 1);
  }

  #startThread(): TailThread {
    const taken = new SharedArrayBuffer(4);
    const worker = startWorker('tail', { taken } satisfies TailData);
    const thread = {
      worker,
      taken: new Uint32Array(taken),
      sentBytes: 0,
      known: new Set<number>(),
      forgets: false,
    };
    worker.on('message', (message: FromTailThread) => this.#receive(message));
    worker.on('error', (error: Error) => this.#lost(thread, error.message));
    worker.on('exit', () => this.#lost(thread, 'its thread ended'));
    return thread;
  }

  #post(message: ToTailThread, transfer: ArrayBuffer[] = []): void {
    this.#thread?.worker.postMessage(message, transfer);
  }

  #giveBacklog(number: number, answer: ServiceAnswer): void {
    if (!this.#tails.has(number)) return;
    if (answer.status !== 200) {
      this.#fail(number, Buffer.from(answer.body).toString('utf8'));
      return;
    }
    const body = wholeBuffer(answer.body);
    this.#post({ kind: 'backlog', tail: number, body }, [body.buffer]);
  }

  #receive(message: FromTailThread): void {
    const { tail: number } = message;
    if (message.kind === 'failed') {
      this.#fail(number, message.message);
      return;
    }
    const { bytes } = message;
    const { length } = bytes;
    this.#tails.get(number)?.client.frame(bytes, () => {
      if (this.#tails.has(number)) this.#post({ kind: 'sent', tail: number, bytes: length });
    });
  }

  #fail(number: number, message: string): void {
    const tail = this.#tails.get(number);
    if (!tail) return;
    this.#end(number);
    tail.client.failed(message);
  }

  #end(number: number): void {
    if (!this.#tails.delete(number)) return;
    this.#verdicts.clear();
    this.#post({ kind: 'close', tail: number });
    this.#stopWhenUnused();
  }

  #lost(thread: TailThread, why: string): void {
    if (thread !== this.#thread) return;
    for (const number of [...this.#tails.keys()]) this.#fail(number, `the tail failed: ${why}`);
  }

  // --------------------------------------------------------------------------------------------- entries

  #take(batch: LogBatch, ids: readonly number[]): void {
    const thread = this.#thread;
    const wanted = this.#wanted(batch.streams, ids);
    if (!thread || !wanted) return;
    const inFlight = (thread.sentBytes - Atomics.load(thread.taken, 0)) >>> 0;
    const lost = inFlight > IN_FLIGHT_MAX_BYTES;
    if (lost) this.lostEntries += countOf(batch, wanted);
    // So far behind that it need not even be told.
    if (inFlight > 2 * IN_FLIGHT_MAX_BYTES) return;
    const entries = encodeEntries(batch, ids, wanted, lost, lost ? LOST_TOLD_MAX : undefined);
    if (!entries) return;
    const streams = newStreams(thread.known, batch.streams, ids, wanted, this.#shown);
    thread.sentBytes = (thread.sentBytes + entries.length) >>> 0;
    const transfer = streams ? [entries.buffer, streams.buffer] : [entries.buffer];
    this.#post({ kind: 'entries', entries, lost, streams, forget: thread.forgets }, transfer);
    thread.forgets = false;
  }

  /** Bits of the tails that want each stream; undefined where none is wanted. */
  #wanted(streams: readonly Labels[], ids: readonly number[]): Uint32Array | undefined {
    if (this.#verdicts.size > STREAMS_MAX || this.#thread!.known.size > STREAMS_MAX) {
      this.#verdicts.clear();
      this.#thread!.known.clear();
      this.#thread!.forgets = true;
    }
    let any = 0;
    const wanted = new Uint32Array(ids.length);
    for (let i = 0; i < ids.length; i++) {
      let bits = this.#verdicts.get(ids[i]!);
      if (bits === undefined) this.#verdicts.set(ids[i]!, (bits = this.#judge(streams[i]!)));
      wanted[i] = bits;
      any |= bits;
    }
    return any === 0 ? undefined : wanted;
  }

  #judge(stream: Labels): number {
    let bits = 0;
    for (const tail of this.#tails.values()) if (matchesAll(tail.matchers, stream)) bits |= tail.bit;
    return bits;
  }
}

function countOf(batch: LogBatch, wanted: Uint32Array): number {
  let n = 0;
  for (let i = 0; i < batch.count; i++) if (wanted[batch.stream[i]!] !== 0) n++;
  return n;
}

/** Ids and labels of the wanted streams that are not known, which then are. */
function newStreams(
  known: Set<number>,
  streams: readonly Labels[],
  ids: readonly number[],
  wanted: Uint32Array,
  shown: (stored: Labels) => Labels,
): Uint8Array<ArrayBuffer> | undefined {
  let out: ByteWriter | undefined;
  for (let i = 0; i < ids.length; i++) {
    if (wanted[i] === 0 || known.has(ids[i]!)) continue;
    known.add(ids[i]!);
    out ??= new ByteWriter(1024);
    out.varint(ids[i]!);
    shown(streams[i]!).writeTo(out);
  }
  return out?.take();
}

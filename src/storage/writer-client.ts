/**
 * The front's side of the writer thread: requests answered by promise, and group commit for the WAL: whatever was
 * queued while the last commit ran forms the next one, so there is no delay when idle and one commit for many
 * requests under load. What nobody waits for waits a little itself.
 */

import { assert } from '../base/assert.ts';
import { ByteWriter } from '../base/bytes.ts';
import { startWorker, type WorkerThread } from '../base/worker-pool.ts';
import { type ErrorKind, TriliteError } from '../model/errors.ts';
import type { WriterAnswers, WriterMessage, WriterRequest } from './sqlite/writer-protocol.ts';

/** After a commit that failed nothing is tried for so long, so that a full disk is not asked by every request. */
const RETRY_MS = 500;
/** How long a group waits for more where nobody waits for it: a crash loses no more than that of what was not acknowledged. */
const PATIENCE_MS = 50;
/** Room that a group's buffer begins with. */
const RECORDS_START_BYTES = 4096;
/** One group is filled while another is committed; the buffers of large groups are not kept. */
const SPARE_MAX = 2;
const SPARE_MAX_BYTES = 1024 * 1024;

interface Pending {
  resolve(answer: unknown): void;
  reject(error: Error): void;
}

interface Group {
  readonly generation: number;
  readonly records: ByteWriter;
  readonly durable: Promise<void>;
  /** Nobody waits for any of its records. */
  isPatient: boolean;
  settle(error?: Error): void;
}

export class WriterClient {
  readonly #worker: WorkerThread;
  readonly #pending = new Map<number, Pending>();
  #nextId = 1;
  #queued: Group | undefined;
  /** Buffers of groups that are committed, for the next ones. */
  readonly #spare: ByteWriter[] = [];
  #committing = 0;
  /** Runs while a patient group waits. */
  #timer: NodeJS.Timeout | undefined;
  #sentBytes = 0;
  /** Records whose commit failed: later ones build on them, so they go with the next commit. */
  #carried: { readonly generation: number; readonly records: ByteWriter } | undefined;
  /** The last commit failed, and when, by the monotonic clock. */
  #stalledAtMs: number | undefined;
  #resuming: Promise<boolean> | undefined;
  /** Bytes of the WAL rows since the owner set it to 0. */
  walBytes = 0;
  /** Whether records matter beyond their flush, to who sends them on: a failed commit is made good all the same. */
  keepsAll = false;
  /** Called after every commit. */
  onCommitted: () => void = () => {};
  #failed: Error | undefined;
  #closed = false;
  /** Called for every WAL row while the database is opened. */
  onReplay: (records: Uint8Array, generation: number) => void = () => {};
  /** Called when the rows replayed so far are void, because they come again. */
  onReplayAgain: () => void = () => {};
  /** Called with each damage that was found in the database, in one line. */
  onDamage: (what: string) => void = () => {};
  /** Called once when the thread is gone without having been closed: nothing can be stored any more. */
  onCrash: (error: Error) => void = () => {};

  /** `started` is a thread that was started before there was anything to open. */
  constructor(started: WorkerThread = startWriter()) {
    this.#worker = started;
    this.#worker.on('message', (m: WriterMessage) => this.#receive(m));
    this.#worker.on('error', (error: Error) => this.#fail(error));
    this.#worker.on('exit', () => this.#fail(new Error('the writer thread ended')));
  }

  request<K extends WriterRequest['kind'] & keyof WriterAnswers>(
    request: Extract<WriterRequest, { kind: K }>,
    transfer: ArrayBuffer[] = [],
  ): Promise<WriterAnswers[K]> {
    if (this.#failed) return Promise.reject(this.#failed);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (answer: unknown) => void, reject });
      this.#worker.postMessage({ id, request }, transfer);
    });
  }

  /**
   * Queues a record for the next commit. `write` appends the record's bytes. Resolves when it is committed. `isPatient`: that may be
   * somewhat later, together with others.
   */
  commit(generation: number, write: (out: ByteWriter) => void, isPatient = false): Promise<void> {
    if (this.#queued && this.#queued.generation !== generation) this.#send();
    this.#queued ??= newGroup(generation, this.#spare.pop());
    const group = this.#queued;
    const { records, durable } = group;
    const at = records.length;
    try {
      records.u32(0);
      write(records);
    } catch (error) {
      // Half a record would make the whole row unreadable.
      records.length = at;
      throw error;
    }
    records.patchU32(at, records.length - at - 4);
    if (!isPatient) group.isPatient = false;
    if (this.#committing === 0) this.#sendInTime();
    return durable;
  }

  /** Sends what is queued: at once where somebody waits for it. */
  #sendInTime(): void {
    if (this.#queued?.isPatient) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        if (this.#committing === 0) this.#send();
      }, PATIENCE_MS);
    } else this.#send();
  }

  /** Whether everything that was queued is committed. */
  get isIdle(): boolean {
    return this.#committing === 0 && !this.#queued && !this.#carried;
  }

  /** Bytes that wait for a commit, or for its end. */
  get queuedBytes(): number {
    return this.#sentBytes + (this.#queued?.records.length ?? 0) + (this.#carried?.records.length ?? 0);
  }

  /** The generation is in blocks: its records need no commit any more. */
  forgetUpTo(generation: number): void {
    if (this.keepsAll || !this.#carried || this.#carried.generation > generation) return;
    this.#carried = undefined;
    this.#stalledAtMs = undefined;
  }

  /** The last commit failed (a full disk): nothing new should be queued before `resume` says so. */
  get isStalled(): boolean {
    return this.#stalledAtMs !== undefined;
  }

  /** Tries the commit that failed again, once at a time and not at once; whether commits work again. */
  async resume(): Promise<boolean> {
    if (this.#stalledAtMs === undefined) return true;
    if (this.#resuming) return this.#resuming;
    if (this.#committing > 0 || performance.now() - this.#stalledAtMs < RETRY_MS) return false;
    assert(this.#carried, 'what a failed commit held is carried');
    this.#queued ??= newGroup(this.#carried.generation, new ByteWriter(RECORDS_START_BYTES));
    const { durable } = this.#queued;
    this.#send();
    this.#resuming = durable.then(
      () => true,
      () => false,
    );
    const resumed = await this.#resuming;
    this.#resuming = undefined;
    return resumed;
  }

  /** Sends what is queued without waiting for the commit under way: before a flush, so that the order stands. */
  sendQueued(): void {
    this.#send();
  }

  #send(): void {
    const group = this.#queued;
    if (!group) return;
    this.#queued = undefined;
    this.#committing++;
    const { generation } = group;
    const all = this.#carried ? joined(this.#carried.records, group.records) : group.records;
    this.#carried = undefined;
    const records = all.take();
    const sent = records.length;
    this.#sentBytes += sent;
    this.request({ kind: 'wal', generation, records }, [records.buffer]).then(
      (bytes) => {
        this.#keep(all);
        this.#sentBytes -= sent;
        this.walBytes += bytes;
        this.#stalledAtMs = undefined;
        this.#committed(group);
        this.onCommitted();
      },
      (error: Error) => {
        this.#sentBytes -= sent;
        // A commit that fails (a full disk) refuses its requests, but what it added to the head stays: sent
        // again, it is found there and stored once.
        this.#stalledAtMs = performance.now();
        this.#carried = {
          generation,
          records: this.#carried ? joined(this.#carried.records, all) : all,
        };
        this.#committed(group, error);
      },
    );
  }

  #keep(records: ByteWriter): void {
    if (this.#spare.length === SPARE_MAX || records.length > SPARE_MAX_BYTES) return;
    records.clear();
    this.#spare.push(records);
  }

  #committed(group: Group, error?: Error): void {
    this.#committing--;
    group.settle(error);
    if (this.#committing === 0) this.#sendInTime();
  }

  #receive(m: WriterMessage): void {
    if ('replay' in m) this.onReplay(m.replay, m.generation);
    else if ('replayAgain' in m) this.onReplayAgain();
    else if ('damage' in m) this.onDamage(m.damage);
    else this.#answered(m);
  }

  #answered(
    m: Exclude<WriterMessage, { replay: unknown } | { replayAgain: true } | { damage: string }>,
  ): void {
    const pending = this.#pending.get(m.id);
    this.#pending.delete(m.id);
    if ('error' in m) {
      const { message, kind } = m.error;
      pending?.reject(new TriliteError((kind as ErrorKind | undefined) ?? 'internal', message));
    } else pending?.resolve(m.answer);
  }

  #fail(error: Error): void {
    if (this.#closed || this.#failed) return;
    this.#failed = error;
    for (const p of this.#pending.values()) p.reject(error);
    this.#pending.clear();
    this.onCrash(error);
  }

  /** The thread does not keep the process alive any more. */
  unref(): void {
    this.#worker.unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#send();
    await this.request({ kind: 'close' });
    this.#closed = true;
  }

  /** Ends the thread, whatever it does. */
  async abandon(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#worker.terminate();
  }
}

/** The thread takes longer to start than anything else of a storage. */
export function startWriter(): WorkerThread {
  return startWorker('writer', undefined);
}

function joined(first: ByteWriter, second: ByteWriter): ByteWriter {
  const all = new ByteWriter(first.length + second.length);
  all.bytes(first.view());
  all.bytes(second.view());
  return all;
}

function newGroup(generation: number, records = new ByteWriter(RECORDS_START_BYTES)): Group {
  let settle: (error?: Error) => void = () => {};
  const durable = new Promise<void>((resolve, reject) => {
    settle = (error) => (error ? reject(error) : resolve());
  });
  // A request may have been answered otherwise before its commit fails.
  durable.catch(() => {});
  return { generation, records, durable, isPatient: true, settle };
}

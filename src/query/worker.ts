/**
 * The pool of reader threads, front side: hands each job to an idle reader, answers readers' questions about the
 * heads, cancels a job whose client went away, and replaces a reader that crashed (its job fails, no other).
 */

import { startWorker, type WorkerThread } from '../base/worker-pool.ts';
import { TriliteError } from '../model/errors.ts';
import { PieceQueue } from './piece-queue.ts';
import type { ServiceAnswer, ServiceRequest, ServiceRunner } from './service.ts';
import type { FromReader, ReaderData, ToReader } from './worker-protocol.ts';

/** Jobs that may wait for a reader; one more is refused, since its client would give up before its turn. */
const QUEUE_MAX = 1000;

/** What the pool needs of the front's storage. */
export interface HeadSource {
  readonly heads: { answer(request: unknown): unknown };
  jobStarted(): number;
  jobEnded(job: number): void;
}

export interface ReaderPoolOptions {
  readonly path: string;
  readonly nativeBinding?: string | undefined;
  readonly externalLabels?: Readonly<Record<string, string>> | undefined;
  /** Threads, started one by one as jobs need them. */
  readonly readers: number;
  readonly source: HeadSource;
  /** Told of damage that queries come upon, in one line; each reader tells of it once. */
  readonly onDamage?: (what: string) => void;
}

interface Job {
  readonly service: string;
  readonly request: ServiceRequest;
  readonly signal: AbortSignal;
  resolve(answer: ServiceAnswer): void;
  reject(error: Error): void;
}

interface RunningJob {
  readonly number: number;
  readonly job: Job;
  readonly held: number;
  readonly onAbort: () => void;
  /** Where the answer comes in pieces, those that its client has not taken yet. */
  pieces: PieceQueue | undefined;
}

interface Reader {
  readonly worker: WorkerThread;
  readonly cancel: Int32Array;
  job: RunningJob | undefined;
}

export class ReaderPool implements ServiceRunner {
  readonly #options: ReaderPoolOptions;
  readonly #readers: Reader[] = [];
  readonly #queue: Job[] = [];
  #nextJob = 1;
  #closed = false;
  /** Pages that readers found damaged. */
  damagedPages = 0;

  constructor(options: ReaderPoolOptions) {
    this.#options = options;
  }

  run(service: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new TriliteError('overloaded', 'the server is stopping'));
      if (this.#queue.length >= QUEUE_MAX)
        return reject(new TriliteError('overloaded', 'too many queries are waiting'));
      this.#queue.push({ service, request, signal, resolve, reject });
      this.#dispatch();
    });
  }

  /** Starts a reader before the first job comes. */
  warm(): void {
    if (this.#readers.length === 0) this.#start();
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      let reader = this.#readers.find((r) => !r.job);
      if (!reader && this.#readers.length < this.#options.readers) reader = this.#start();
      if (!reader) return;
      const job = this.#queue.shift()!;
      if (job.signal.aborted) job.reject(new TriliteError('canceled', 'the client went away'));
      else this.#give(reader, job);
    }
  }

  #give(reader: Reader, job: Job): void {
    const number = this.#nextJob++;
    const onAbort = () => {
      Atomics.store(reader.cancel, 0, number);
      // It may wait for its client to take a piece of the answer, and is to see that it should end.
      this.#post(reader, { kind: 'more', job: number });
    };
    job.signal.addEventListener('abort', onAbort, { once: true });
    reader.job = { number, job, held: this.#options.source.jobStarted(), onAbort, pieces: undefined };
    this.#post(reader, { kind: 'job', job: number, service: job.service, request: job.request });
  }

  #start(): Reader {
    const cancel = new SharedArrayBuffer(4);
    const { path, nativeBinding, externalLabels } = this.#options;
    const data: ReaderData = { path, nativeBinding, cancel, externalLabels };
    const reader: Reader = {
      worker: startWorker('reader', data),
      cancel: new Int32Array(cancel),
      job: undefined,
    };
    reader.worker.on('message', (m: FromReader) => this.#receive(reader, m));
    reader.worker.on('error', (error: Error) => this.#lost(reader, error));
    reader.worker.on('exit', () => this.#lost(reader, new Error('the reader thread ended')));
    this.#readers.push(reader);
    return reader;
  }

  #post(reader: Reader, message: ToReader): void {
    reader.worker.postMessage(message);
  }

  #receive(reader: Reader, m: FromReader): void {
    if (m.kind === 'ask') {
      void this.#answer(reader, m.ask, m.request);
      return;
    }
    if (m.kind === 'damage') {
      this.#options.onDamage?.(m.what);
      return;
    }
    if (m.kind === 'begun') {
      this.#begun(reader, m);
      return;
    }
    if (m.kind === 'piece') {
      reader.job?.pieces?.add(m.bytes);
      return;
    }
    const running = this.#finish(reader);
    if (m.kind !== 'failed') this.damagedPages = Math.max(this.damagedPages, m.damagedPages);
    if (m.kind === 'done') running?.job.resolve(answerOf(m));
    else if (m.kind === 'ended') running?.pieces?.end();
    else if (running) fail(running, new TriliteError(m.error, m.message));
    this.#dispatch();
  }

  /** The job goes on until its last piece was made; a client that leaves ends it. */
  #begun(reader: Reader, m: Extract<FromReader, { kind: 'begun' }>): void {
    const running = reader.job;
    if (!running) return;
    const onTaken = () => this.#post(reader, { kind: 'more', job: running.number });
    running.pieces = new PieceQueue({ onTaken, onLeft: running.onAbort });
    running.job.resolve({ ...answerOf(m), rest: running.pieces });
  }

  /** A promise is an answer that takes long. */
  async #answer(reader: Reader, ask: number, request: unknown): Promise<void> {
    const given = this.#options.source.heads.answer(request);
    const answer = given instanceof Promise ? await given : given;
    this.#post(reader, { kind: 'head', ask, answer });
  }

  #finish(reader: Reader): RunningJob | undefined {
    const running = reader.job;
    reader.job = undefined;
    if (!running) return undefined;
    running.job.signal.removeEventListener('abort', running.onAbort);
    this.#options.source.jobEnded(running.held);
    return running;
  }

  #lost(reader: Reader, error: Error): void {
    const at = this.#readers.indexOf(reader);
    if (at < 0) return;
    this.#readers.splice(at, 1);
    const running = this.#finish(reader);
    if (running) fail(running, new TriliteError('internal', `the query ended its thread: ${error.message}`));
    if (!this.#closed) this.#dispatch();
  }

  /** Ends the threads; jobs under way are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.splice(0))
      job.reject(new TriliteError('overloaded', 'the server is stopping'));
    const readers = this.#readers.splice(0);
    for (const r of readers) {
      const running = this.#finish(r);
      if (running) fail(running, new TriliteError('overloaded', 'the server is stopping'));
    }
    await Promise.all(readers.map((r) => r.worker.terminate()));
  }
}

function answerOf(m: Extract<FromReader, { kind: 'done' | 'begun' }>): ServiceAnswer {
  const { status, contentType, body, headers } = m;
  return { status, contentType, body, ...(headers && { headers }) };
}

function fail({ job, pieces }: RunningJob, error: TriliteError): void {
  if (pieces) pieces.end(error);
  else job.reject(error);
}

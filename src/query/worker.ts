/**
 * The pool of reader threads, front side: hands each job to an idle reader, answers readers' questions about the
 * heads, cancels a job whose client went away, and replaces a reader that crashed (its job fails, no other).
 */

import { OUT_OF_MEMORY, startWorker, type WorkerThread } from '../base/worker-pool.ts';
import { TriliteError } from '../model/errors.ts';
import { RateLimitError } from '../model/rate-limit-error.ts';
import { DEFAULT_TENANT } from '../model/tenant.ts';
import { limitsOf, type QueryLimits } from '../model/tenant-limits.ts';
import { FairQueue } from './fair-queue.ts';
import { PieceQueue } from './piece-queue.ts';
import type { QueryReport, ServiceAnswer, ServiceRequest, ServiceRunner } from './service.ts';
import type { FromReader, ReaderData, ReaderSettings, ToReader } from './worker-protocol.ts';

/** Jobs that may wait for a reader; one more is refused, since its client would give up before its turn. */
const QUEUE_MAX = 1000;

/**
 * A reader whose job was cancelled has this long to notice, which it does between two series. One that is deep in
 * something else is ended and replaced: nobody waits for its answer, and others wait for the thread.
 */
const NOTICE_MAX_MS = 3000;

/** Jobs of rules wait under this name, which no tenant can have. */
const RULES = ' rules';
const RULE_SERVICES: ReadonlySet<string> = new Set(['rules.record', 'rules.alert', 'rules.for_state']);

/** What the pool needs of the front's storage. */
export interface HeadSource {
  readonly heads: { answer(request: unknown): unknown };
  jobStarted(): number;
  jobEnded(job: number): void;
  /** Head generations up to this one are forgotten: no job sees what came in them. */
  readonly floor: number;
}

export interface ReaderPoolOptions extends ReaderSettings {
  readonly path: string;
  readonly nativeBinding?: string | undefined;
  /** Threads, started one by one as jobs need them. */
  readonly readers: number;
  /** What the JavaScript heap of one may grow to; a query that needs more fails. */
  readonly heapMaxBytes?: number;
  readonly source: HeadSource;
  /** Told of every job that has ended. */
  readonly onJob?: ((job: EndedJob) => void) | undefined;
  /** Told of damage that queries come upon, in one line; each reader tells of it once. */
  readonly onDamage?: (what: string) => void;
}

/** A job that has ended, by an answer or by an error. */
export interface EndedJob {
  readonly service: string;
  readonly request: ServiceRequest;
  readonly queuedMs: number;
  /** In the reader. */
  readonly tookMs: number;
  /** Of the answer; undefined where the job failed. */
  readonly status: number | undefined;
  readonly error: Error | undefined;
  readonly report: QueryReport | undefined;
}

interface Job {
  readonly service: string;
  readonly request: ServiceRequest;
  /** Jobs of one wait for another. */
  readonly whose: string;
  readonly signal: AbortSignal;
  readonly queuedAt: number;
  resolve(answer: ServiceAnswer): void;
  reject(error: Error): void;
}

interface RunningJob {
  readonly number: number;
  readonly job: Job;
  readonly held: number;
  readonly startedAt: number;
  readonly onAbort: () => void;
  ending: NodeJS.Timeout | undefined;
  /** Of an answer that comes in pieces. */
  begunStatus: number | undefined;
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
  readonly #queue = new FairQueue<Job>();
  /** Jobs in readers by whose they are. */
  readonly #runningOf = new Map<string, number>();
  #settings: ReaderSettings;
  #nextJob = 1;
  #closed = false;
  #isUnref = false;
  /** Pages that readers found damaged. */
  damagedPages = 0;

  constructor(options: ReaderPoolOptions) {
    this.#options = options;
    const { query, logged, externalLabels, remoteReads, limits } = options;
    this.#settings = { query, logged, externalLabels, remoteReads, limits };
  }

  /** Jobs that are given to readers from now on go by these settings; those under way keep theirs. */
  change(settings: ReaderSettings): void {
    this.#settings = settings;
    for (const reader of this.#readers) this.#post(reader, { kind: 'settings', settings });
    // More may run now than before.
    this.#dispatch();
  }

  run(service: string, request: ServiceRequest, signal: AbortSignal): Promise<ServiceAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new TriliteError('overloaded', 'the server is stopping'));
      const whose = whoseJob(service, request);
      const refusal = this.#makeRoom(whose);
      if (refusal) return reject(refusal);
      const job: Job = { service, request, whose, signal, queuedAt: performance.now(), resolve, reject };
      this.#queue.add(whose, job);
      // Its turn may be far off: who waits for an answer that will not come is told at once.
      signal.addEventListener('abort', () => this.#withdraw(job), { once: true });
      this.#dispatch();
    });
  }

  /** Why one more job may not wait. A full queue has room for whoever has less in it than another, who loses his newest. */
  #makeRoom(whose: string): TriliteError | undefined {
    const waiting = this.#queue.waiting(whose);
    const { waitingMax = 0 } = this.#limitsOf(whose) ?? {};
    if (waitingMax > 0 && waiting >= waitingMax) return tooManyOutstanding();
    if (this.#queue.size < QUEUE_MAX) return undefined;
    const gone = this.#queue.takeFromLongest(waiting + 1);
    if (!gone) return new TriliteError('overloaded', 'too many queries are waiting');
    this.#neverRan(gone, tooManyOutstanding());
    return undefined;
  }

  #limitsOf(whose: string): QueryLimits | undefined {
    const { limits } = this.#settings;
    return limits && whose !== RULES ? limitsOf(limits, whose) : undefined;
  }

  readonly #mayRun = (whose: string): boolean => {
    const { runningMax = 0 } = this.#limitsOf(whose) ?? {};
    return runningMax === 0 || (this.#runningOf.get(whose) ?? 0) < runningMax;
  };

  #countRunning(whose: string, by: 1 | -1): void {
    const running = (this.#runningOf.get(whose) ?? 0) + by;
    if (running > 0) this.#runningOf.set(whose, running);
    else this.#runningOf.delete(whose);
  }

  /** Jobs in readers, and those that wait for one. */
  get running(): number {
    return this.#readers.reduce((n, r) => n + (r.job ? 1 : 0), 0);
  }

  get waiting(): number {
    return this.#queue.size;
  }

  /** Its threads, and those that it starts, do not keep the process alive any more. */
  unref(): void {
    this.#isUnref = true;
    for (const { worker } of this.#readers) worker.unref();
  }

  /** Starts a reader before the first job comes. */
  warm(): void {
    if (this.#readers.length === 0) this.#start();
  }

  /** Has readers that do nothing free what they do not use any more. */
  collect(): void {
    const message: ToReader = { kind: 'collect' };
    for (const reader of this.#readers) if (!reader.job) reader.worker.postMessage(message);
  }

  #dispatch(): void {
    while (this.#queue.size > 0 && !this.#closed) {
      let reader = this.#readers.find((r) => !r.job);
      if (!reader && this.#readers.length >= this.#options.readers) return;
      const job = this.#queue.take(this.#mayRun);
      if (!job) return;
      reader ??= this.#start();
      if (job.signal.aborted) job.reject(new TriliteError('canceled', 'the client went away'));
      else this.#give(reader, job);
    }
  }

  /** Takes a job that waits out of the queue; one in a reader is not concerned. */
  #withdraw(job: Job): void {
    if (!this.#queue.remove(job.whose, job)) return;
    this.#neverRan(job, new TriliteError('canceled', 'the client went away'));
  }

  #neverRan(job: Job, error: TriliteError): void {
    const { service, request, queuedAt } = job;
    const queuedMs = performance.now() - queuedAt;
    const ended = { service, request, queuedMs, tookMs: 0, status: undefined, error, report: undefined };
    this.#options.onJob?.(ended);
    job.reject(error);
  }

  #give(reader: Reader, job: Job): void {
    const number = this.#nextJob++;
    const onAbort = () => {
      Atomics.store(reader.cancel, 0, number);
      // Told twice where a client leaves in the middle of its answer.
      if (reader.job?.number === number)
        reader.job.ending ??= setTimeout(() => this.#end(reader, number), NOTICE_MAX_MS).unref();
      // It may wait for its client to take a piece of the answer, and is to see that it should end.
      this.#post(reader, { kind: 'more', job: number });
    };
    job.signal.addEventListener('abort', onAbort, { once: true });
    const startedAt = performance.now();
    this.#countRunning(job.whose, 1);
    reader.job = {
      number,
      job,
      held: this.#options.source.jobStarted(),
      startedAt,
      onAbort,
      ending: undefined,
      begunStatus: undefined,
      pieces: undefined,
    };
    const { service } = job;
    const { floor } = this.#options.source;
    const request = floor > (job.request.after ?? 0) ? { ...job.request, after: floor } : job.request;
    this.#post(reader, { kind: 'job', job: number, service, request, queuedMs: startedAt - job.queuedAt });
  }

  #start(): Reader {
    const cancel = new SharedArrayBuffer(4);
    const { path, nativeBinding } = this.#options;
    const data: ReaderData = { path, nativeBinding, cancel, settings: this.#settings };
    const reader: Reader = {
      worker: startWorker('reader', data, this.#options.heapMaxBytes),
      cancel: new Int32Array(cancel),
      job: undefined,
    };
    reader.worker.on('message', (m: FromReader) => this.#receive(reader, m));
    reader.worker.on('error', (error: Error) => this.#lost(reader, error));
    reader.worker.on('exit', () => this.#lost(reader, new Error('the reader thread ended')));
    if (this.#isUnref) reader.worker.unref();
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
    if (m.kind === 'failed') this.#fail(reader, new TriliteError(m.error, m.message), m.report);
    else {
      this.damagedPages = Math.max(this.damagedPages, m.damagedPages);
      const status = m.kind === 'done' ? m.status : reader.job?.begunStatus;
      const running = this.#finish(reader, { status, error: undefined, report: m.report });
      if (m.kind === 'done') running?.job.resolve(answerOf(m));
      else running?.pieces?.end();
    }
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

  #finish(reader: Reader, how: Pick<EndedJob, 'status' | 'error' | 'report'>): RunningJob | undefined {
    const running = reader.job;
    reader.job = undefined;
    if (!running) return undefined;
    const { job, startedAt, onAbort, held } = running;
    this.#countRunning(job.whose, -1);
    clearTimeout(running.ending);
    job.signal.removeEventListener('abort', onAbort);
    this.#options.source.jobEnded(held);
    const { service, request, queuedAt } = job;
    const tookMs = performance.now() - startedAt;
    this.#options.onJob?.({ service, request, queuedMs: startedAt - queuedAt, tookMs, ...how });
    return running;
  }

  #fail(reader: Reader, error: Error, report?: QueryReport): void {
    const running = this.#finish(reader, { status: undefined, error, report });
    if (running?.pieces) running.pieces.end(error);
    else running?.job.reject(error);
  }

  /** Ends a thread that does not notice that its job is over; `#lost` is told of it. */
  #end(reader: Reader, number: number): void {
    if (reader.job?.number === number) void reader.worker.terminate();
  }

  #lost(reader: Reader, error: Error): void {
    const at = this.#readers.indexOf(reader);
    if (at < 0) return;
    this.#readers.splice(at, 1);
    const gone = reader.job?.job.signal.aborted;
    const why = gone
      ? new TriliteError('canceled', 'the query did not stop and its thread was ended')
      : lostError(error);
    this.#fail(reader, why);
    if (!this.#closed) this.#dispatch();
  }

  /** Ends the threads; jobs under way are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const job of this.#queue.clear())
      job.reject(new TriliteError('overloaded', 'the server is stopping'));
    const readers = this.#readers.splice(0);
    for (const r of readers) this.#fail(r, new TriliteError('overloaded', 'the server is stopping'));
    await Promise.all(readers.map((r) => r.worker.terminate()));
  }
}

/**
 * In whose queue a job waits: the tenant's, of several the first one's, since whoever may ask for one tenant could name others with
 * it to have a queue more. Rules have one for themselves: no tenant's queries are to keep alerts from firing.
 */
function whoseJob(service: string, { tenants }: ServiceRequest): string {
  return RULE_SERVICES.has(service) ? RULES : (tenants?.[0] ?? DEFAULT_TENANT);
}

/** In the words of Mimir's and Loki's front end. */
function tooManyOutstanding(): TriliteError {
  return new RateLimitError('too many outstanding requests', 0);
}

/** What is told of a query whose thread ended under it. */
function lostError(error: Error): TriliteError {
  if ((error as NodeJS.ErrnoException).code === OUT_OF_MEMORY) {
    return new TriliteError('execution', 'the query needs more memory than there is for one');
  }
  return new TriliteError('internal', `the query ended its thread: ${error.message}`);
}

function answerOf(m: Extract<FromReader, { kind: 'done' | 'begun' }>): ServiceAnswer {
  const { status, contentType, body, headers } = m;
  return { status, contentType, body, ...(headers && { headers }) };
}

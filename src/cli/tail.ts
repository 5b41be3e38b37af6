/** `trilite tail QUERY`: follows the logs of a running server in a terminal. */

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { HttpClientConfig } from '../base/http-client.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';
import { readClientFlags } from './client-flags.ts';
import { connectTail, type TailConnection, type TailEnd, type TailedLine } from './tail-connection.ts';
import { parseTailFlags, TAIL_USAGE, type TailFlags } from './tail-flags.ts';
import { TailMemory } from './tail-memory.ts';
import { TailPrinter } from './tail-print.ts';

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5000;
/** When it begins again a tail asks for as much as a server gives. */
const RESUME_LIMIT = 5000;
/** What servers say when a tail has lasted as long as they let it. */
const EXPIRED = 'reached tail max duration limit';
const METRIC_QUERY = 'only log selector is supported';
/** The server's own failure, in a WebSocket. */
const FAILED_CODE = 1011;
const NS_PER_MS = 1_000_000n;

/** Resolves with the exit code. Throws `ConfigError` for bad flags and refused queries, `TriliteError` for failures. */
export async function tailCommand(argv: readonly string[]): Promise<number> {
  const environment = clientEnvironment();
  const flags = parseTailFlags(argv, environment.address, environment);
  if (!flags) {
    process.stdout.write(TAIL_USAGE);
    return 0;
  }
  const color =
    flags.color === 'always' || (flags.color === 'auto' && process.stdout.isTTY && !environment.noColor);
  const client = await readClientFlags(flags.client);
  return new TailSession({ ...flags, client }, new TailPrinter({ ...flags, color })).run();
}

type SessionFlags = Omit<TailFlags, 'client'> & { readonly client: HttpClientConfig };

class TailSession {
  readonly #flags: SessionFlags;
  readonly #printer: TailPrinter;
  readonly #memory: TailMemory;
  #limit: number;
  #connection: TailConnection | undefined;
  #wasOpen = false;
  #isLost = false;
  #retryMs = RETRY_MIN_MS;
  readonly #stopping = new AbortController();

  constructor(flags: SessionFlags, printer: TailPrinter) {
    this.#flags = flags;
    this.#printer = printer;
    const sinceMs = flags.limit === 0 ? 0 : flags.sinceMs;
    this.#memory = new TailMemory(BigInt(Math.floor(Date.now() - sinceMs)) * NS_PER_MS);
    // None is nothing that can be asked for; from now on there is none.
    this.#limit = Math.max(1, flags.limit);
  }

  async run(): Promise<number> {
    const stop = () => this.#stopping.abort();
    process.on('SIGINT', stop);
    process.on('SIGTERM', stop);
    // Whoever read has seen enough (`| head`).
    process.stdout.on('error', stop);
    const stopped = once(this.#stopping.signal, 'abort');
    await Promise.race([stopped, this.#followForEver()]);
    this.#connection?.close();
    return 0;
  }

  async #followForEver(): Promise<never> {
    for (;;) await this.#again(await this.#follow());
  }

  async #follow(): Promise<TailEnd> {
    const from = { startNs: this.#memory.resumeNs, limit: this.#limit };
    this.#connection = await connectTail(this.#flags, from, {
      onOpen: () => this.#opened(),
      onLines: (lines) => this.#show(lines),
      onDropped: (count) =>
        note(`the server left out ${count === 1 ? 'a line' : `${count} lines`}: they were not read in time`),
    });
    return this.#connection.ended;
  }

  #opened(): void {
    if (this.#isLost) note('connected again');
    this.#wasOpen = true;
    this.#isLost = false;
    this.#retryMs = RETRY_MIN_MS;
    this.#limit = RESUME_LIMIT;
  }

  #show(lines: readonly TailedLine[]): void {
    const fresh = lines.filter((line) => this.#memory.isNew(line));
    if (fresh.length === 0 || process.stdout.write(this.#printer.print(fresh))) return;
    this.#connection?.pause();
    process.stdout.once('drain', () => this.#connection?.resume());
  }

  /** Waits until the server is to be tried again; throws where that would not help. */
  async #again(end: TailEnd): Promise<void> {
    if (end.kind === 'closed' && end.reason === EXPIRED) return;
    const failure = failureOf(end, this.#flags.address);
    // A server that starts may not have all of it up yet.
    const isRefused = end.kind === 'refused' && end.status < 500;
    if (!this.#wasOpen || isRefused || (end.kind === 'closed' && end.code === FAILED_CODE)) throw failure;
    if (!this.#isLost) note(`${failure.message}; trying again`);
    this.#isLost = true;
    await setTimeout(this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, RETRY_MAX_MS);
  }
}

/** Beside the lines. */
function note(text: string): void {
  process.stderr.write(`trilite: ${text}\n`);
}

function failureOf(end: TailEnd, address: URL): Error {
  const server = address.origin;
  if (end.kind === 'unreachable') {
    return new TriliteError('execution', `cannot reach ${server}: ${reasonOf(end.error)}`);
  }
  if (end.kind === 'closed') {
    if (end.reason === METRIC_QUERY) {
      return new ConfigError('the query makes a metric, and only log lines can be followed');
    }
    const why = end.reason === '' ? 'the connection broke off' : end.reason;
    return new TriliteError('execution', `${server}: ${why}`);
  }
  const [line] = end.message.trim().split('\n', 1) as [string];
  const text = line === '' ? `HTTP status ${end.status}` : line;
  if (end.status === 400) return new ConfigError(text);
  return new TriliteError('execution', `${server} refused (${end.status}): ${text}`);
}

function reasonOf(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
      return 'the host is unknown';
    default:
      return error.message || (error.code ?? 'unknown error');
  }
}

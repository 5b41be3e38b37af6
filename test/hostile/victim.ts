/** The server under attack: started as a user would, its memory, descriptors and threads looked at from outside. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startServer, type TestServer } from '../support/server.ts';
import type { Target } from './attack.ts';

const LOOK_MS = 100;
const MIB = 1024 * 1024;
const ASK_MAX_MS = 4000;

/**
 * As docs/security.md would have it of a server that strangers may write to: series and streams that are active are in memory, and
 * only these bound how many.
 */
const EXPOSED =
  'metrics: { max_series: 50000, max_label_value_length: 4096 }, logs: { max_streams: 20000, ingestion_rate: 20MB }';

export interface VictimOptions {
  readonly memory: string;
  /** Of the configuration, what is scraped. */
  readonly scrapeConfig: string;
}

/** The largest values seen. */
export interface Peaks {
  rssMiB: number;
  fds: number;
  threads: number;
}

export interface Told {
  readonly heapMiB: number;
  readonly externalMiB: number;
  readonly inFlightMiB: number;
  readonly connections: number;
  readonly delayMs: number;
}

export class Victim {
  /** The longest that its event loop was held, as far as it was asked. */
  delayMaxMs = 0;
  readonly target: Target;
  readonly peaks: Peaks = { rssMiB: 0, fds: 0, threads: 0 };
  readonly #server: TestServer;
  readonly #dir: string;
  readonly #timer: NodeJS.Timeout;

  private constructor(server: TestServer, dir: string) {
    this.#server = server;
    this.#dir = dir;
    this.target = targetOf(server.readyLine);
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  static async start({ memory, scrapeConfig }: VictimOptions): Promise<Victim> {
    const dir = mkdtempSync(join(tmpdir(), 'trilite-hostile-'));
    const config = join(dir, 'config.yml');
    writeFileSync(config, `${scrapeConfig}trilite:\n  limits: { memory: ${memory}, ${EXPOSED} }\n`);
    const port = '127.0.0.1:0';
    const args = [
      '--config',
      config,
      '--jaeger-http',
      port,
      '--jaeger-thrift',
      port,
      '--jaeger-udp',
      port,
      '--jaeger-grpc',
      port,
      '--zipkin',
      port,
    ];
    // For a profile of what the server does meanwhile: `--cpu-prof`.
    const options = process.env.TRILITE_TEST_VICTIM_NODE_OPTIONS;
    const env: Record<string, string> = options ? { NODE_OPTIONS: options } : {};
    const server = await startServer({ dataDir: join(dir, 'data'), args, env });
    return new Victim(server, dir);
  }

  get isAlive(): boolean {
    return this.#server.process.exitCode === null && this.#server.process.signalCode === null;
  }

  get log(): string {
    return this.#server.stderr();
  }

  get diskMiB(): number {
    const data = join(this.#dir, 'data');
    return (
      readdirSync(data, { recursive: true, encoding: 'utf8' }).reduce(
        (sum, file) => sum + statSync(join(data, file)).size,
        0,
      ) / MIB
    );
  }

  #look(): void {
    const now = this.now();
    if (!now) return;
    for (const key of ['rssMiB', 'fds', 'threads'] as const)
      this.peaks[key] = Math.max(this.peaks[key], now[key]);
  }

  /** What the server tells of itself; undefined where it does not answer. Its delay is that since it was asked last. */
  async told(): Promise<Told | undefined> {
    try {
      const url = `http://127.0.0.1:${this.target.http}/metrics`;
      const text = await (await fetch(url, { signal: AbortSignal.timeout(ASK_MAX_MS) })).text();
      const number = (name: string) => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
      const told = {
        heapMiB: Math.round(number('trilite_heap_used_bytes') / MIB),
        externalMiB: Math.round(number('trilite_external_bytes') / MIB),
        inFlightMiB: Math.round(number('trilite_receiver_in_flight_bytes') / MIB),
        connections: number('trilite_connections'),
        delayMs: Math.round(number('trilite_event_loop_delay_seconds\\{quantile="1"\\}') * 1000),
      };
      this.delayMaxMs = Math.max(this.delayMaxMs, told.delayMs);
      return told;
    } catch {
      return undefined;
    }
  }

  /** Undefined where the process is gone. */
  now(): Peaks | undefined {
    const proc = `/proc/${this.#server.process.pid}`;
    try {
      const status = readFileSync(`${proc}/status`, 'utf8');
      const number = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
      return {
        rssMiB: Math.round(number('VmRSS') / 1024),
        fds: readdirSync(`${proc}/fd`).length,
        threads: number('Threads'),
      };
    } catch {
      return undefined;
    }
  }

  /** Ends it politely; resolves with its exit code. */
  stop(): Promise<number | null> {
    clearInterval(this.#timer);
    return this.#server.stop();
  }

  async dispose(): Promise<void> {
    clearInterval(this.#timer);
    await this.#server.stop('SIGKILL');
    rmSync(this.#dir, { recursive: true, force: true, maxRetries: 5 });
  }
}

function targetOf(ready: string): Target {
  const port = (scheme: string, nth = 0) => {
    const found = [
      ...ready.matchAll(new RegExp(`(?<=\\s)${scheme.replace('+', '\\+')}://127\\.0\\.0\\.1:(\\d+)`, 'g')),
    ][nth];
    if (!found) throw new Error(`no ${scheme} in ${ready}`);
    return Number(found[1]);
  };
  return {
    http: port('http'),
    jaegerQuery: port('http', 1),
    grpc: port('grpc'),
    jaegerThrift: port('jaeger+http'),
    jaegerGrpc: port('jaeger+grpc'),
    jaegerUdp: port('jaeger+udp'),
    zipkin: port('zipkin+http'),
  };
}

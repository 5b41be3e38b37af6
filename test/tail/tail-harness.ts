/** Following logs in this process, with a recorder in storage's place and a folder of its own. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as yaml from 'yaml';
import { systemClock } from '../../src/base/clock.ts';
import { SILENT } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { readTail } from '../../src/config/tail-section.ts';
import { parseTargetYaml } from '../../src/config/target-yaml.ts';
import { Warnings } from '../../src/config/warnings.ts';
import { parseYaml } from '../../src/config/yaml-node.ts';
import { WatchPool } from '../../src/kube/watch-pool.ts';
import type { LogBatch } from '../../src/model/batch.ts';
import { DEFAULT_LOG_LIMITS } from '../../src/model/limits.ts';
import { DiscoveryTelemetry } from '../../src/scrape/discovery/discovery-telemetry.ts';
import { DockerDiscovery } from '../../src/scrape/discovery/docker.ts';
import { FileDiscovery } from '../../src/scrape/discovery/file.ts';
import { KubernetesDiscovery } from '../../src/scrape/discovery/kubernetes/discovery.ts';
import type { LogAppender } from '../../src/storage/interface.ts';
import type { EntryPipeline } from '../../src/tail/pipeline/entry.ts';
import { Positions } from '../../src/tail/positions.ts';
import type { ProcessEntry } from '../../src/tail/sender.ts';
import { Tail } from '../../src/tail/tail.ts';
import type { TailConfig } from '../../src/tail/tail-config.ts';
import { TailTelemetry } from '../../src/tail/tail-telemetry.ts';

export interface StoredEntry {
  readonly labels: Readonly<Record<string, string>>;
  readonly ns: bigint;
  readonly line: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Keeps what is appended, each entry once, as storage does. */
export class Recorder implements LogAppender {
  readonly entries: StoredEntry[] = [];
  readonly #seen = new Set<string>();
  /** Entries that were appended before. */
  repeated = 0;
  /** Runs before each append; may throw, or wait. */
  before: () => void | Promise<void> = () => {};

  async append(batch: LogBatch) {
    await this.before();
    let pairStart = 0;
    for (let i = 0; i < batch.count; i++) {
      const { pairs } = batch.streams[batch.stream[i]!]!;
      const labels = Object.fromEntries(
        pairs.flatMap((name, k) => (k % 2 === 0 ? [[name, pairs[k + 1]!]] : [])),
      );
      const metadata: Record<string, string> = {};
      for (let p = pairStart; p < batch.pairEnd[i]!; p += 2) {
        metadata[batch.strings[batch.pairs[p]!]!] = batch.strings[batch.pairs[p + 1]!]!;
      }
      pairStart = batch.pairEnd[i]!;
      const line = Buffer.from(batch.bytes.subarray(batch.lineStart[i]!, batch.lineEnd[i]!)).toString();
      const entry = {
        labels,
        ns: BigInt(batch.timeMs[i]!) * 1_000_000n + BigInt(batch.timeNs[i]!),
        line,
        metadata,
      };
      const key = JSON.stringify([labels, String(entry.ns), line, metadata]);
      if (this.#seen.has(key)) this.repeated++;
      else {
        this.#seen.add(key);
        this.entries.push(entry);
      }
    }
    return { accepted: batch.count, refused: [], durable: Promise.resolve() };
  }

  /** In the order in which they were appended. */
  lines(job?: string): string[] {
    return this.entries.filter((e) => job === undefined || e.labels.job === job).map((e) => e.line);
  }
}

export interface RunningTail {
  readonly tail: Tail;
  readonly telemetry: Telemetry;
  stop(): Promise<void>;
}

export class TailFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'trilite-tail-'));
  readonly recorder = new Recorder();
  readonly #running = new Set<RunningTail>();

  /** A path below the folder. */
  at(...names: string[]): string {
    return join(this.path, ...names);
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.at(name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return path;
  }

  get positionsFile(): string {
    return this.at('positions.yaml');
  }

  /** The text is what stands under `tail:`; positions and quick polling are added. `PATH` in it is the folder. */
  async config(text: string): Promise<TailConfig> {
    const root = parseYaml(yaml, 'tail.yml', text.replaceAll('PATH', this.path));
    const config = await readTail(root!, { HOSTNAME: 'here' }, new Warnings());
    return {
      ...config,
      positions: { ...config.positions, file: this.positionsFile, syncPeriodMs: 50 },
      syncPeriodMs: 100,
      pollMinMs: 10,
      pollMaxMs: 20,
    };
  }

  async start(
    text: string,
    options: {
      readonly isOwn?: (url: URL) => boolean;
      readonly compilePipeline?: () => EntryPipeline;
      readonly process?: ProcessEntry;
      readonly overlay?: Partial<TailConfig>;
    } = {},
  ): Promise<RunningTail> {
    const config = { ...(await this.config(text)), ...options.overlay };
    const telemetry = new Telemetry();
    const positions = await Positions.open({
      file: this.positionsFile,
      inherited: undefined,
      ignoresInvalid: false,
      jobs: new Set(config.jobs.map((job) => job.name)),
      syncs: false,
      parseYaml: (t) => yaml.parse(t),
    });
    const failed = (): void => {};
    const counts = new DiscoveryTelemetry(telemetry);
    const parts = { clock: systemClock, parseYaml: parseTargetYaml, telemetry: counts, onError: failed };
    const watches = new WatchPool({ clock: systemClock, userAgent: 'test' });
    const forLogs = { listensToEvents: true, includesNetworkless: true };
    const tail = new Tail({
      config,
      positions,
      appender: this.recorder,
      process: options.process ?? ((entry) => entry),
      logLimits: () => DEFAULT_LOG_LIMITS,
      isOwn: options.isOwn ?? (() => false),
      discoveries: {
        file: (c) => new FileDiscovery(c, parts),
        docker: (c) =>
          new DockerDiscovery(c, forLogs, { ...parts, counts: counts.refresh('docker', 'tail') }),
        kubernetes: (c) => new KubernetesDiscovery(c, { ...parts, watches, counts: counts.kubernetes() }),
      },
      compilePipeline: options.compilePipeline ?? (() => undefined),
      clock: systemClock,
      telemetry: new TailTelemetry(telemetry),
      log: SILENT,
      userAgent: 'test',
    });
    tail.start();
    const running = {
      tail,
      telemetry,
      stop: async () => {
        this.#running.delete(running);
        await tail.stop();
      },
    };
    this.#running.add(running);
    return running;
  }

  async remove(): Promise<void> {
    for (const running of [...this.#running]) await running.stop();
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** The value of a printed sample. */
export function metric(telemetry: Telemetry, sample: string): number {
  const line = telemetry
    .print()
    .split('\n')
    .find((l) => l.startsWith(`${sample} `));
  assert.ok(line, `no sample ${sample}`);
  return Number(line.slice(sample.length + 1));
}

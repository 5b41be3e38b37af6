/**
 * A real Prometheus as a test's peer: it scrapes the given targets and itself, and remote-writes to Trilite or reads from it.
 */

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

/** The one that `TRILITE_TEST_PROMETHEUS` names, else the one on the path. */
export const PROMETHEUS = process.env.TRILITE_TEST_PROMETHEUS || findProgram('prometheus');
export const PROMETHEUS_MISSING = 'Prometheus is not installed (Debian: apt-get install prometheus)';

/** The first version that can remote-write 2.0. */
const WRITE_V2_SINCE = [2, 54] as const;

/** A version that reads native histograms from others; the first ones that have such do not. */
const READS_HISTOGRAMS_SINCE = [2, 50] as const;

/** A version that asks remotes for chunks; one that asks for samples alone takes more than it needs. */
const READS_CHUNKS_SINCE = [3, 0] as const;

const WRITES_XOR2_SINCE = [3, 13] as const;

const SCRAPES_HISTOGRAMS_BY_JOB_SINCE = [3, 8] as const;

/** Whether the installed one can remote-write 2.0. */
export function speaksWriteV2(): boolean {
  return isSince(WRITE_V2_SINCE);
}

export function readsHistograms(): boolean {
  return isSince(READS_HISTOGRAMS_SINCE);
}

export function readsChunks(): boolean {
  return isSince(READS_CHUNKS_SINCE);
}

/** Whether its configuration may ask for it. */
export function writesXor2(): boolean {
  return isSince(WRITES_XOR2_SINCE);
}

/** What a scrape job says so that native histograms are asked for: before, a feature flag was enough. */
export function nativeHistogramsJob(): object {
  return isSince(SCRAPES_HISTOGRAMS_BY_JOB_SINCE) ? { scrape_native_histograms: true } : {};
}

function isSince([sinceMajor, sinceMinor]: readonly [number, number]): boolean {
  if (!PROMETHEUS) return false;
  const [major, minor] = installedVersion();
  return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
}

/** One that does not say its version was built from the newest source. */
function installedVersion(): [major: number, minor: number] {
  const text = execFileSync(PROMETHEUS!, ['--version'], { encoding: 'utf8' });
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(text) ?? [undefined, '999', '0'];
  return [Number(major), Number(minor)];
}

/** As a number that grows with it: 2.42, 3.05, 3.14. */
export function prometheusVersion(): number {
  const [major, minor] = installedVersion();
  return major + minor / 100;
}

export interface Prometheus {
  readonly base: string;
  readonly program: RunningProgram;
}

export interface PrometheusOptions {
  readonly dir: string;
  /** `127.0.0.1:port` by job. */
  readonly targets: Readonly<Record<string, string>>;
  /** Of Trilite's receiver. */
  readonly writeUrl?: string;
  /** Of Trilite's remote read: every query is answered from there, too. */
  readonly readUrl?: string;
  readonly scrapeInterval: string;
  /** Further entries of `scrape_configs`. */
  readonly jobs?: readonly object[];
  /** More keys of the `remote_write` entry. */
  readonly remoteWrite?: Readonly<Record<string, unknown>>;
}

function remoteWrite(options: PrometheusOptions): object {
  return {
    url: options.writeUrl,
    send_exemplars: true,
    send_native_histograms: true,
    queue_config: { batch_send_deadline: '200ms', max_samples_per_send: 500 },
    metadata_config: { send: true, send_interval: '1s' },
    ...options.remoteWrite,
  };
}

export async function startPrometheus(options: PrometheusOptions): Promise<Prometheus> {
  const port = await freePort();
  const jobs = { prometheus: `127.0.0.1:${port}`, ...options.targets };
  const config = {
    global: { scrape_interval: options.scrapeInterval, scrape_timeout: options.scrapeInterval },
    scrape_configs: [
      ...Object.entries(jobs).map(([job_name, target]) => ({
        job_name,
        static_configs: [{ targets: [target] }],
      })),
      ...(options.jobs ?? []),
    ],
    remote_read: options.readUrl === undefined ? [] : [{ url: options.readUrl, read_recent: true }],
    remote_write: options.writeUrl === undefined ? [] : [remoteWrite(options)],
  };
  // JSON is YAML.
  const flags = ['--enable-feature=exemplar-storage,native-histograms'];
  return runPrometheus({ dir: options.dir, port, config: JSON.stringify(config), flags });
}

/** Starts a Prometheus with a configuration and waits until it is ready. Its files go into `dir`. */
export async function runPrometheus(options: {
  readonly dir: string;
  readonly port: number;
  readonly config: string;
  readonly flags: readonly string[];
  /** A program that becomes Prometheus, with its arguments. */
  readonly launcher?: readonly string[];
}): Promise<Prometheus> {
  const file = path.join(options.dir, 'prometheus.yml');
  fs.writeFileSync(file, options.config);
  const [command, ...rest] = [...(options.launcher ?? []), PROMETHEUS!];
  const program = startProgram(command!, [
    ...rest,
    `--config.file=${file}`,
    `--storage.tsdb.path=${path.join(options.dir, 'prometheus')}`,
    `--web.listen-address=127.0.0.1:${options.port}`,
    '--log.level=warn',
    ...options.flags,
  ]);
  const base = `http://127.0.0.1:${options.port}`;
  try {
    await eventually(async () => {
      const { status } = await fetch(`${base}/-/ready`);
      if (status !== 200) throw new Error(`Prometheus is not ready (${status}): ${program.output()}`);
    });
  } catch (error) {
    await program.stop('SIGKILL');
    throw new Error(`Prometheus did not start: ${program.output()}`, { cause: error });
  }
  return { base, program };
}

/** A real Prometheus and Trilite with the same configuration file, scraping the same targets. */

import fs from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import {
  type Prometheus,
  prometheusVersion,
  runPrometheus,
} from '../../clients/prometheus/run-prometheus.ts';
import { freePort } from '../../support/free-port.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import type { ScrapeJob } from './jobs.ts';
import { startTargets, type TargetServer } from './target-server.ts';

/** How Trilite names itself when it scrapes; a Prometheus has its own version there. */
const OWN_AGENT = 'Prometheus/3.5.3';

export interface ScrapePair {
  readonly reference: string;
  readonly own: string;
  /** The reference's version: 3.14, 2.42. */
  readonly version: number;
  readonly jobs: readonly ScrapeJob[];
  readonly targets: TargetServer;
  /** Everything that was scraped is from here on. */
  readonly startMs: number;
  /** Takes the moving target away, or brings it back. */
  move(there: boolean): void;
  dispose(): Promise<void>;
}

/**
 * Times of samples of their own are as far behind the clock: at no moment of the run do they catch up with stale markers,
 * which stand at moments that are each server's own.
 */
const LEAD_MS = 15 * 60_000;

/** The target that comes and goes, by file. */
export const MOVING = 'moving';

function configOf(jobs: readonly ScrapeJob[], address: string, file: string): string {
  const scrapeConfigs = jobs.map(({ name, config, staticConfigs }) => ({
    job_name: name,
    metrics_path: `/${name}`,
    static_configs: staticConfigs?.(address) ?? [{ targets: [address] }],
    ...config,
  }));
  const moving = {
    job_name: MOVING,
    metrics_path: `/${MOVING}`,
    file_sd_configs: [{ files: [file], refresh_interval: '1s' }],
  };
  return stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s', external_labels: {} },
    storage: { tsdb: { out_of_order_time_window: '0s' }, exemplars: { max_exemplars: 100_000 } },
    scrape_configs: [...scrapeConfigs, moving],
  });
}

/** `jobsOf` is told the start of the run and the reference's version. */
export async function startScrapePair(
  jobsOf: (startMs: number, version: number) => readonly ScrapeJob[],
): Promise<ScrapePair> {
  const version = prometheusVersion();
  const startMs = Date.now() - LEAD_MS;
  const jobs = jobsOf(startMs, version);
  const pages = new Map(jobs.flatMap((job) => Object.entries(job.pages)));
  pages.set(`/${MOVING}`, (n) => ({ body: `mo{t="${MOVING}"} ${n}\n`, contentType: 'text/plain' }));
  const targets = await startTargets(pages, (headers) => headers['user-agent'] === OWN_AGENT);
  const stops: (() => Promise<unknown>)[] = [() => targets.stop()];
  const dispose = async () => {
    for (const stop of stops.reverse()) await stop();
  };
  try {
    const dir = fs.mkdtempSync('/tmp/trilite-scrapes-');
    stops.push(async () => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }));
    const file = path.join(dir, 'moving.json');
    const move = (there: boolean): void => {
      fs.writeFileSync(`${file}.new`, JSON.stringify(there ? [{ targets: [targets.address] }] : []));
      fs.renameSync(`${file}.new`, file);
    };
    move(true);
    const config = configOf(jobs, targets.address, file);
    const prometheus: Prometheus = await runPrometheus({
      dir,
      port: await freePort(),
      config,
      flags: ['--enable-feature=exemplar-storage'],
    });
    stops.push(() => prometheus.program.stop('SIGKILL'));
    const own = await temporaryServer(stringify(parse(config)));
    stops.push(() => own.dispose());
    return {
      reference: prometheus.base,
      own: own.server.base,
      version,
      jobs,
      targets,
      startMs,
      move,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

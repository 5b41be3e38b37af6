/**
 * Runs the scrape workload: serves the pages, waits until every system scrapes them, measures for a while, then
 * refuses further scrapes and counts. All systems scrape at the same time, each at paths of its own.
 */

import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Observer } from './observer.ts';
import { PageServer, type Served } from './page-server.ts';
import type { BenchPlan, Run } from './plan.ts';
import type { Progress } from './progress.ts';
import { readBack } from './read-back.ts';
import type { SystemReport } from './report.ts';
import { settle } from './settle.ts';
import type { System } from './target.ts';
import { type LoadOptions, RUN_LABEL, type ServeWorkload } from './workload.ts';

const DEFAULT_DURATION_MS = 60_000;
/** A system that has not scraped by then was not told to. */
const FIRST_SCRAPE_MAX_MS = 120_000;
const TICK_MS = 500;

interface Lane {
  readonly system: System;
  readonly served: Served;
  readonly observer: Observer;
  cpuBefore: number | undefined;
  itemsBefore: number;
}

export async function runServe(run: Run<ServeWorkload>): Promise<SystemReport[]> {
  const { workload, options, plan, progress, signal } = run;
  const durationMs = options.durationMs ?? DEFAULT_DURATION_MS;
  const names = plan.systems.map((system) => system.name);
  const server = new PageServer(workload, options, names);
  const lanes = plan.systems.map(
    (system): Lane => ({
      system,
      served: server.served.get(system.name)!,
      observer: new Observer(system),
      cpuBefore: undefined,
      itemsBefore: 0,
    }),
  );
  const fromMs = Date.now() - TICK_MS;
  const port = await server.listen(plan.listen.host, plan.listen.port);
  try {
    giveConfigs(plan, options, port, progress);
    if (durationMs === 0) return [];
    await firstScrapes(lanes, progress, signal);
    for (const lane of lanes) {
      await lane.observer.begin();
      lane.cpuBefore = lane.observer.cpu();
      lane.itemsBefore = lane.served.items;
    }
    const began = performance.now();
    const own = process.cpuUsage();
    while (performance.now() - began < durationMs && !signal.aborted) {
      await sleep(Math.min(TICK_MS, durationMs));
      const seconds = Math.round((performance.now() - began) / 1000);
      progress.show(
        `${workload.name}: ${seconds} s, ${lanes.map((l) => `${l.system.name} ${l.served.items}`).join(', ')} samples`,
      );
    }
    const seconds = (performance.now() - began) / 1000;
    const { user, system } = process.cpuUsage(own);
    const span = { seconds, generatorCpuSeconds: (user + system) / 1e6 };
    const measured = lanes.map((lane) => lane.served.items - lane.itemsBefore);
    for (const lane of lanes) {
      const cpu = lane.observer.cpu();
      lane.observer.addPushing(cpu === undefined ? undefined : cpu - lane.cpuBefore!);
    }
    server.refuse();
    const reports: SystemReport[] = [];
    for (let i = 0; i < lanes.length; i++) {
      reports.push(await finish(lanes[i]!, { ...span, fromMs, items: measured[i]! }, run));
    }
    return reports;
  } finally {
    for (const { observer } of lanes) observer.end();
    server.close();
  }
}

async function firstScrapes(lanes: readonly Lane[], progress: Progress, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + FIRST_SCRAPE_MAX_MS;
  for (const { system, served } of lanes) {
    progress.say(`scrape: waiting for ${system.name} to scrape`);
    while (!served.complete && performance.now() < deadline && !signal.aborted) await sleep(TICK_MS);
  }
}

/** The time in which a lane was measured. */
interface Measured {
  readonly fromMs: number;
  readonly items: number;
  readonly seconds: number;
  readonly generatorCpuSeconds: number;
}

async function finish(lane: Lane, measured: Measured, run: Run<ServeWorkload>): Promise<SystemReport> {
  const { workload, options, plan, progress, signal } = run;
  const { fromMs, items, seconds, generatorCpuSeconds } = measured;
  const { system, served, observer } = lane;
  const notes: string[] = served.complete ? [] : ['did not scrape all targets'];
  const settled =
    plan.settleMaxMs > 0 ? await settle(system, plan.settleMaxMs, signal, plan.settleMinMs) : undefined;
  await observer.settled();
  let found: number | null = null;
  if (plan.readBackMaxMs > 0 && served.items > 0) {
    progress.say(`${workload.name}: reading back from ${system.name}`);
    const sent = { fromMs, toMs: Date.now(), acknowledged: served.items };
    try {
      found = (await readBack(workload, system, options, sent, plan.readBackMaxMs, signal))?.found ?? null;
    } catch (error) {
      notes.push(`could not be read back: ${(error as Error).message}`);
    }
  }
  const lost = found === null ? null : Math.max(0, served.items - found);
  return {
    name: system.name,
    urls: { ...system.urls },
    ok: notes.length === 0 && (lost ?? 0) === 0 && served.items > 0,
    load: {
      requests: served.scrapes,
      refusedRequests: 0,
      retries: 0,
      reasons: {},
      items: {
        sent: served.items,
        acknowledged: served.items,
        refused: 0,
        found,
        lost,
        extra: found === null ? null : Math.max(0, found - served.items),
        counted: null,
      },
      seconds,
      generatorCpuSeconds,
      itemsPerSecond: items / seconds,
      bodyBytes: served.bytes,
      rawBytes: served.bytes,
      latency: served.latencies.summary(),
      latencyByLabel: {},
      rounds: [],
    },
    use: observer.report(items, settled),
    notes,
  };
}

/** What to give to the systems: into files where the flags name one, else told. */
function giveConfigs(plan: BenchPlan, options: LoadOptions, port: number, progress: Progress): void {
  for (const { name } of plan.systems) {
    const text = scrapeConfig(name, options, plan.listen.host, port);
    if (plan.scrapeConfigFile === undefined) {
      progress.say(`scrape: the configuration for ${name}:\n${text}`);
      continue;
    }
    const file = plan.systems.length > 1 ? `${plan.scrapeConfigFile}.${name}` : plan.scrapeConfigFile;
    writeFileSync(file, text);
    progress.say(`scrape: wrote ${file} for ${name}`);
  }
}

/** A configuration file with `scrape_configs` as Prometheus, VictoriaMetrics and Trilite read it. */
export function scrapeConfig(system: string, options: LoadOptions, host: string, port: number): string {
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const jobs = Array.from({ length: options.targets }, (_, target) =>
    [
      `  - job_name: bench-${target}`,
      `    metrics_path: /${system}/metrics/${target}`,
      `    static_configs:`,
      `      - targets: ['${address}']`,
      `        labels: {${RUN_LABEL}: ${options.run}}`,
    ].join('\n'),
  );
  const interval = `${options.intervalMs}ms`;
  return `global: {scrape_interval: ${interval}, scrape_timeout: ${interval}}\nscrape_configs:\n${jobs.join('\n')}\n`;
}

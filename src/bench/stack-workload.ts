/**
 * A small company's stack for a while: 100 services that answer 1,000 requests a second, with metrics, logs and traces
 * at once, 20 rules every minute and a dashboard that refreshes. What it takes for a day is extrapolated.
 *
 * With `--speedup` the data's time goes faster than the clock: rates multiply, and CPU is told per second of the data's
 * time. Time begins so far in the past that it has caught up with the clock at the end.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { countLines } from './count-lines.ts';
import { countSamples } from './count-samples.ts';
import { countSpans } from './count-spans.ts';
import { acceptedItems } from './otlp-request.ts';
import { ownMetrics } from './own-metrics.ts';
import { PacedSenders } from './paced-senders.ts';
import { PacedUse } from './paced-use.ts';
import { settle } from './settle.ts';
import { REQUESTS_PER_SERVICE, SCRAPE_SECONDS, SERIES_PER_SERVICE, StackLoad } from './stack-load.ts';
import { PANELS_EVERY_SECONDS, panelRequests, RULES_EVERY_SECONDS, ruleRequests } from './stack-queries.ts';
import { type Measured, SIGNALS, type StackSignal, stackResult } from './stack-report.ts';
import type { System } from './target.ts';
import {
  type LoadOptions,
  type PacedResult,
  type PacedWorkload,
  RUN_LABEL,
  type SampledCount,
} from './workload.ts';

const DEFAULT_DURATION_MS = 60_000;
const MS_PER_SECOND = 1000;
const SETTLE_MAX_MS = 60_000;
const CONCURRENCY = 4;
/** Counting again, for systems that show what they took only after a while. */
const COUNT_ATTEMPTS = 8;
const COUNT_PAUSE_MS = 2000;

type Kind = StackSignal | 'rules' | 'panels';

async function run(system: System, given: LoadOptions, signal: AbortSignal): Promise<PacedResult> {
  const durationMs = given.durationMs ?? DEFAULT_DURATION_MS;
  const speedup = given.speedup ?? 1;
  const seconds = Math.max(1, Math.round((durationMs / MS_PER_SECOND) * speedup));
  const startMs =
    Math.floor((Date.now() - durationMs * Math.max(0, speedup - 1)) / MS_PER_SECOND) * MS_PER_SECOND;
  const options: LoadOptions = { ...given, startMs };
  const senders = new PacedSenders<Kind>(
    system,
    { metrics: {}, logs: {}, traces: { accepted: acceptedItems }, rules: {}, panels: {} },
    CONCURRENCY,
  );
  const use = new PacedUse(system);
  try {
    const load = new StackLoad(options);
    const before = await state(system, use);
    use.begin();
    const began = performance.now();
    let late = 0;
    let done = 0;
    for (; done < seconds && !signal.aborted; done++) {
      const dueMs = (done * MS_PER_SECOND) / speedup;
      const wait = began + dueMs - performance.now();
      if (wait > 0) await sleep(wait);
      else late = Math.max(late, -wait);
      const nowMs = startMs + done * MS_PER_SECOND;
      const next = load.next(done);
      for (const name of SIGNALS) void senders.post(name, next[name], signal);
      // From the second minute on, when there is something to ask for.
      if (done % RULES_EVERY_SECONDS === RULES_EVERY_SECONDS / 2) {
        void senders.post('rules', ruleRequests(options.run, nowMs), signal);
      }
      if (done % PANELS_EVERY_SECONDS === PANELS_EVERY_SECONDS / 2) {
        void senders.post('panels', panelRequests(options.run, nowMs), signal);
      }
    }
    const drainFrom = performance.now();
    await senders.idle();
    const drainSeconds = (performance.now() - drainFrom) / MS_PER_SECOND;
    const loadSeconds = (performance.now() - began) / MS_PER_SECOND;
    const loadCpu = use.cpuSeconds();
    await settle(system, SETTLE_MAX_MS, signal);
    const settledCpu = use.cpuSeconds();
    const after = await state(system, use);
    const sent = { fromMs: startMs, toMs: startMs + done * MS_PER_SECOND, done };
    const found = await countAll(system, options, sent, senders);
    const measured: Measured = {
      dataSeconds: done,
      traceCount: done * options.series * REQUESTS_PER_SERVICE,
      loadSeconds,
      lateMs: late,
      drainSeconds,
      loadCpu,
      settledCpu,
      peakBytes: use.known ? use.peakBytes : undefined,
      before,
      after,
      found,
    };
    return stackResult(measured, (name) => senders.tally(name));
  } finally {
    use.end();
    senders.close();
  }
}

async function state(system: System, use: PacedUse): Promise<Measured['before']> {
  const metrics = await ownMetrics(system);
  return {
    diskBytes: await use.diskBytes(),
    blockBytes: {
      metrics: metrics.get('trilite_block_bytes{signal="metrics"}'),
      logs: metrics.get('trilite_block_bytes{signal="logs"}'),
      traces: metrics.get('trilite_block_bytes{signal="traces"}'),
    },
  };
}

/** What of each signal the system has, counted until nothing is missing or it is in vain. */
async function countAll(
  system: System,
  options: LoadOptions,
  sent: { readonly fromMs: number; readonly toMs: number },
  senders: PacedSenders<Kind>,
): Promise<Measured['found']> {
  const count = async (name: StackSignal): Promise<number | SampledCount> => {
    const { acknowledgedItems, newestMs } = senders.tally(name);
    const range = { ...sent, toMs: Math.max(sent.toMs, newestMs), acknowledged: acknowledgedItems };
    if (name === 'metrics') return countSamples(system, options.run, range, SCRAPE_SECONDS * MS_PER_SECOND);
    if (name === 'logs') return countLines(system, `{${RUN_LABEL}="${options.run}"}`, range);
    return countSpans(system, options, range);
  };
  const found: { [signal in StackSignal]?: number | SampledCount } = {};
  for (const name of SIGNALS) {
    for (let attempt = 0; attempt < COUNT_ATTEMPTS; attempt++) {
      if (attempt > 0) await sleep(COUNT_PAUSE_MS);
      found[name] = await count(name);
      const items = typeof found[name] === 'number' ? found[name] : found[name].items;
      if (items >= senders.tally(name).acknowledgedItems) break;
    }
  }
  return found as Measured['found'];
}

export const STACK: PacedWorkload = {
  drive: 'paced',
  name: 'stack',
  summary: "a small company's stack: all three signals, rules and a dashboard, for --duration",
  unit: 'spans',
  needs: ['prometheus', 'loki', 'tempo', 'otlp'],
  defaults: { series: 100, batch: 500, items: 1 },
  describe: (o) =>
    `${o.series} services, ${o.series * REQUESTS_PER_SERVICE} requests/s with a trace and log lines each, ${o.series * SERIES_PER_SERVICE} series every ${SCRAPE_SECONDS} s, 20 rules a minute, 15 panels every ${PANELS_EVERY_SECONDS} s`,
  run,
};

/**
 * Runs a workload that sends requests, against one system or several in alternation:
 *
 *   (prepare the data that queries need) → rounds: [a slice is made ready → each system gets it, the first one first,
 *   in the next round the second …] → each settles → each is asked how much it has stored
 *
 * Every system gets the same bytes, and whatever disturbs the machine for a while disturbs all of them alike.
 */

import { GrpcTransport } from './grpc-transport.ts';
import { HttpTransport } from './http-transport.ts';
import { Observer } from './observer.ts';
import type { BenchPlan } from './plan.ts';
import type { Progress } from './progress.ts';
import { type ReadBack, readBack } from './read-back.ts';
import type { LoadReport, SystemReport } from './report.ts';
import { type AnswerRules, Sender } from './send.ts';
import { type Settled, settle } from './settle.ts';
import { nextSlice, type Slice } from './slices.ts';
import type { System } from './target.ts';
import type { LoadOptions, PushWorkload } from './workload.ts';

const PROGRESS_EVERY_MS = 500;
const DEFAULT_CONCURRENCY = 4;
/** Of a run by duration no round is larger, and the first one is small: it shows how much the systems take. */
const OPEN_ROUND_ITEMS = 400_000;
const FIRST_ROUND_ITEMS = 20_000;

class Lane {
  readonly system: System;
  readonly observer: Observer;
  readonly sender: Sender;
  readonly #transports: { readonly http: HttpTransport; readonly grpc: GrpcTransport };
  readonly rounds: { items: number; seconds: number; cpuSeconds: number | null }[] = [];
  seconds = 0;
  /** CPU seconds of this process while it pushed: it shares the machine with what it measures. */
  generatorCpuSeconds = 0;
  settled: Settled | undefined;
  counted: ReadBack | undefined;
  readonly notes: string[] = [];

  constructor(
    system: System,
    rules: AnswerRules & { readonly defaults?: PushWorkload['defaults'] },
    plan: BenchPlan,
    rate = plan.rate,
  ) {
    this.system = system;
    this.observer = new Observer(system);
    const concurrency = plan.concurrency ?? rules.defaults?.concurrency ?? DEFAULT_CONCURRENCY;
    this.#transports = {
      http: new HttpTransport(system, concurrency, plan.timeoutMs),
      grpc: new GrpcTransport(system, plan.timeoutMs),
    };
    const { retry, giveUpMs } = plan;
    this.sender = new Sender(rules, this.#transports, { concurrency, rate, retry, giveUpMs });
  }

  /** Sends a slice; what it takes is the system's. */
  async round(slice: Slice, signal: AbortSignal): Promise<void> {
    const { tally } = this.sender;
    const before = tally.acknowledgedItems;
    const cpuBefore = this.observer.cpu();
    const own = process.cpuUsage();
    const seconds = (await this.sender.send(slice.requests, signal)) / 1000;
    const { user, system } = process.cpuUsage(own);
    this.generatorCpuSeconds += (user + system) / 1e6;
    const cpuAfter = this.observer.cpu();
    const cpu = cpuAfter === undefined ? undefined : cpuAfter - cpuBefore!;
    this.observer.addPushing(cpu);
    this.seconds += seconds;
    this.rounds.push({ items: tally.acknowledgedItems - before, seconds, cpuSeconds: cpu ?? null });
  }

  close(): void {
    this.observer.end();
    this.#transports.http.close();
    this.#transports.grpc.close();
  }
}

export async function runPush(
  workload: PushWorkload,
  options: LoadOptions,
  plan: BenchPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<SystemReport[]> {
  if (workload.prepare) await putInPlace(workload, options, plan, progress, signal);
  const lanes = plan.systems.map((system) => new Lane(system, workload, plan));
  try {
    for (const lane of lanes) await lane.observer.begin();
    await push(lanes, workload, options, plan, progress, signal);
    for (const lane of lanes) {
      if (plan.settleMaxMs > 0) {
        progress.say(`${workload.name}: ${lane.system.name} settles`);
        lane.settled = await settle(lane.system, plan.settleMaxMs, signal, plan.settleMinMs);
      }
      await lane.observer.settled();
    }
    for (const lane of lanes) await count(lane, workload, options, plan, progress, signal);
    return lanes.map((lane) => reportOf(lane, workload));
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Sends what queries will ask for, to every system, unmeasured. */
async function putInPlace(
  workload: PushWorkload,
  options: LoadOptions,
  plan: BenchPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  progress.say(`${workload.name}: putting the data in place`);
  const lanes = plan.systems.map((system) => new Lane(system, {}, plan, Number.POSITIVE_INFINITY));
  try {
    const source = workload.prepare!(options);
    for (let last = false; !last && !signal.aborted; ) {
      const slice = nextSlice(source, OPEN_ROUND_ITEMS);
      last = slice.last;
      for (const lane of lanes) await lane.round(slice, signal);
    }
    for (const { sender, system } of lanes) {
      const { refusedItems, items, reasons } = sender.tally;
      if (refusedItems === 0) continue;
      const why = [...reasons.keys()][0] ?? '';
      progress.warn(`${system.name} refused ${refusedItems} of ${items} items of the data in place: ${why}`);
    }
    for (const { system } of lanes) {
      if (plan.settleMaxMs > 0) await settle(system, plan.settleMaxMs, signal, plan.settleMinMs);
    }
  } finally {
    for (const lane of lanes) lane.close();
  }
}

async function push(
  lanes: readonly Lane[],
  workload: PushWorkload,
  options: LoadOptions,
  plan: BenchPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const source = workload.requests(options);
  const { durationMs } = options;
  const over = () =>
    signal.aborted ||
    lanes.every((lane) => lane.sender.gone) ||
    (durationMs !== undefined && lanes.some((lane) => lane.seconds * 1000 >= durationMs));
  for (let round = 0, last = false; !last && !over(); round++) {
    progress.show(`${workload.name}: preparing round ${round + 1}`);
    const slice = nextSlice(source, roundItems(lanes, workload, options, plan));
    last = slice.last;
    if (slice.requests.length === 0) break;
    for (let k = 0; k < lanes.length; k++) {
      const lane = lanes[(round + k) % lanes.length]!;
      const tick = setInterval(
        () => progress.show(progressLine(lane, workload, options, round)),
        PROGRESS_EVERY_MS,
      );
      try {
        await lane.round(slice, signal);
      } finally {
        clearInterval(tick);
      }
    }
  }
  progress.done();
}

/** Items of the next round: a part of all, or of what the slowest system will take in the time that is given. */
function roundItems(
  lanes: readonly Lane[],
  workload: PushWorkload,
  options: LoadOptions,
  plan: BenchPlan,
): number {
  if (workload.roundItems) return workload.roundItems(options);
  const part = Math.ceil(options.items / plan.rounds);
  if (options.durationMs === undefined) return part;
  const perSecond = Math.min(
    plan.rate,
    ...lanes.map((lane) => (lane.seconds === 0 ? plan.rate : lane.sender.tally.items / lane.seconds)),
  );
  const inTime = (perSecond * options.durationMs) / 1000 / plan.rounds;
  // Nothing is known before the first round.
  const items = Number.isFinite(inTime) ? Math.ceil(inTime) : FIRST_ROUND_ITEMS;
  return Math.max(1, Math.min(part, items, OPEN_ROUND_ITEMS));
}

function progressLine(lane: Lane, workload: PushWorkload, options: LoadOptions, round: number): string {
  const { acknowledgedItems, refusedRequests } = lane.sender.tally;
  const of = Number.isFinite(options.items) ? ` of ${options.items.toLocaleString('en')}` : '';
  const refused = refusedRequests > 0 ? `, ${refusedRequests} requests refused` : '';
  return `${workload.name}: round ${round + 1}, ${lane.system.name}: ${acknowledgedItems.toLocaleString('en')}${of} ${workload.unit}${refused}`;
}

async function count(
  lane: Lane,
  workload: PushWorkload,
  options: LoadOptions,
  plan: BenchPlan,
  progress: Progress,
  signal: AbortSignal,
): Promise<void> {
  const { tally } = lane.sender;
  if (plan.readBackMaxMs === 0 || !workload.count || tally.acknowledgedItems === 0) return;
  progress.say(`${workload.name}: reading back from ${lane.system.name}`);
  const sent = { fromMs: options.startMs, toMs: tally.newestMs, acknowledged: tally.acknowledgedItems };
  try {
    lane.counted = await readBack(workload, lane.system, options, sent, plan.readBackMaxMs, signal);
  } catch (error) {
    lane.notes.push(`could not be read back: ${(error as Error).message}`);
  }
}

function reportOf(lane: Lane, workload: PushWorkload): SystemReport {
  const load = loadReport(lane, workload);
  const notes = [...lane.notes];
  if (lane.sender.gone)
    notes.push('took nothing any more for as long as a request is tried: the load was broken off');
  if (lane.settled?.idle === false) notes.push('was still at work when the time to settle was up');
  const { partlyRefusedItems } = lane.sender.tally;
  if (partlyRefusedItems > 0) {
    notes.push(`answered 2xx without accepting ${partlyRefusedItems} ${workload.unit} of the requests`);
  }
  const sizes = new Map<string, number>();
  for (const [label, { request, answer }] of lane.sender.tally.answers) {
    const size = workload.answerSize?.(answer, request);
    if (size !== undefined) sizes.set(label, size);
  }
  const uncounted = lane.notes.length > 0;
  return {
    name: lane.system.name,
    urls: { ...lane.system.urls },
    ok: !uncounted && (load.items.lost ?? 0) === 0 && load.items.acknowledged > 0,
    load: {
      ...load,
      latencyByLabel: Object.fromEntries(
        [...lane.sender.tally.byLabel].map(([label, latencies]) => [
          label,
          { ...latencies.summary(), answerSize: sizes.get(label) ?? null },
        ]),
      ),
    },
    use: lane.observer.report(load.items.acknowledged, lane.settled),
    notes,
  };
}

function loadReport(lane: Lane, workload: PushWorkload): Omit<LoadReport, 'latencyByLabel'> {
  const { tally } = lane.sender;
  const found = lane.counted?.found ?? null;
  const acknowledged = tally.acknowledgedItems;
  const counted = found !== null && workload.count !== undefined;
  return {
    requests: tally.requests,
    refusedRequests: tally.refusedRequests,
    retries: tally.retries,
    reasons: Object.fromEntries(tally.reasons),
    items: {
      sent: tally.items,
      acknowledged,
      refused: tally.refusedItems,
      found,
      lost: counted ? Math.max(0, acknowledged - found) : null,
      extra: counted ? Math.max(0, found - acknowledged) : null,
      counted: lane.counted?.how ?? null,
    },
    seconds: lane.seconds,
    generatorCpuSeconds: lane.generatorCpuSeconds,
    itemsPerSecond: lane.seconds > 0 ? acknowledged / lane.seconds : 0,
    bodyBytes: tally.bodyBytes,
    rawBytes: tally.rawBytes,
    latency: tally.latencies.summary(),
    rounds: lane.rounds,
  };
}

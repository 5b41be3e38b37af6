/**
 * Runs a workload that sends requests, against one system or several in alternation:
 *
 *   (prepare the data that queries need) → rounds: [a slice is made ready → each system gets it, the first one first,
 *   in the next round the second …] → each settles → each is asked how much it has stored
 *
 * Every system gets the same bytes, and whatever disturbs the machine for a while disturbs all of them alike.
 */

import { Lane } from './lane.ts';
import { laneReport } from './lane-report.ts';
import type { Run } from './plan.ts';
import { readBack } from './read-back.ts';
import type { SystemReport } from './report.ts';
import { settle } from './settle.ts';
import { nextSlice } from './slices.ts';
import type { BenchRequest, PushWorkload } from './workload.ts';

const PROGRESS_EVERY_MS = 500;
/** Of a run by duration no round is larger, and the first one is small: it shows how much the systems take. */
const OPEN_ROUND_ITEMS = 400_000;
const FIRST_ROUND_ITEMS = 20_000;

export async function runPush(run: Run<PushWorkload>): Promise<SystemReport[]> {
  const { workload, plan, progress, signal } = run;
  if (workload.prepare) await putInPlace(run, workload.prepare(run.options));
  const lanes = plan.systems.map((system) => new Lane(system, workload, plan));
  try {
    for (const lane of lanes) await lane.observer.begin();
    await push(lanes, run);
    for (const lane of lanes) {
      if (plan.settleMaxMs > 0) {
        progress.say(`${workload.name}: ${lane.system.name} settles`);
        lane.settled = await settle(lane.system, plan.settleMaxMs, signal, plan.settleMinMs);
      }
      await lane.observer.settled();
    }
    for (const lane of lanes) await count(lane, run);
    return lanes.map((lane) => laneReport(lane, workload));
  } finally {
    for (const lane of lanes) lane.close();
  }
}

/** Sends what queries will ask for, to every system, unmeasured. */
async function putInPlace(
  { workload, plan, progress, signal }: Run<PushWorkload>,
  source: Iterator<BenchRequest>,
): Promise<void> {
  progress.say(`${workload.name}: putting the data in place`);
  const lanes = plan.systems.map((system) => new Lane(system, {}, plan, Number.POSITIVE_INFINITY));
  try {
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

async function push(lanes: readonly Lane[], run: Run<PushWorkload>): Promise<void> {
  const { workload, options, progress, signal } = run;
  const source = workload.requests(options);
  const { durationMs } = options;
  const over = () =>
    signal.aborted ||
    lanes.every((lane) => lane.sender.gone) ||
    (durationMs !== undefined && lanes.some((lane) => lane.seconds * 1000 >= durationMs));
  for (let round = 0, last = false; !last && !over(); round++) {
    progress.show(`${workload.name}: preparing round ${round + 1}`);
    const slice = nextSlice(source, roundItems(lanes, run));
    last = slice.last;
    if (slice.requests.length === 0) break;
    for (let k = 0; k < lanes.length; k++) {
      const lane = lanes[(round + k) % lanes.length]!;
      const tick = setInterval(() => progress.show(progressLine(lane, run, round)), PROGRESS_EVERY_MS);
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
function roundItems(lanes: readonly Lane[], { workload, options, plan }: Run<PushWorkload>): number {
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

function progressLine(lane: Lane, { workload, options }: Run<PushWorkload>, round: number): string {
  const { acknowledgedItems, refusedRequests } = lane.sender.tally;
  // The items of a query set are those of its data.
  const known = Number.isFinite(options.items) && workload.unit !== 'queries';
  const of = known ? ` of ${options.items.toLocaleString('en')}` : '';
  const refused = refusedRequests > 0 ? `, ${refusedRequests} requests refused` : '';
  return `${workload.name}: round ${round + 1}, ${lane.system.name}: ${acknowledgedItems.toLocaleString('en')}${of} ${workload.unit}${refused}`;
}

async function count(lane: Lane, run: Run<PushWorkload>): Promise<void> {
  const { workload, options, plan, progress, signal } = run;
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

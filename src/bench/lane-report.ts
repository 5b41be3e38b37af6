/** What a system's part in a run that pushes comes to in the report. */

import type { Lane } from './lane.ts';
import type { LoadReport, SystemReport } from './report.ts';
import type { PushWorkload } from './workload.ts';

/** Everything about a lane whose run is over. */
export function laneReport(lane: Lane, workload: PushWorkload): SystemReport {
  const load = loadReport(lane, workload);
  const notes = [...lane.notes];
  if (lane.sender.gone) {
    notes.push('took nothing any more for as long as a request is tried: the load was broken off');
  }
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

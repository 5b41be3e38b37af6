/** The process and its machine: memory, files, processors, the main thread. */

import { type Finding, finder } from '../finding.ts';
import type { Snapshot } from '../snapshot.ts';
import { bytesText, countText, percentText } from '../words.ts';

const find = finder('process');

/** Of what there may be: from here on something is about to fail. */
const MEMORY_SHARE = 0.9;
const FILES_SHARE = 0.8;
const STEAL_SHARE = 0.05;
const THROTTLED_SHARE = 0.05;
/** Load per core that lets queries wait. */
const LOAD_PER_CORE = 2;
/** A main thread that is held so long holds up every sender. */
const DELAY_MAX_SECONDS = 0.25;
const WAITING_MAX = 20;

export function memory({ host, config, readings }: Snapshot): Finding[] {
  const { residentBytes } = host;
  const limit = config.memoryBytes;
  const evidence = {
    resident_bytes: residentBytes,
    limit_bytes: limit,
    head_bytes: readings.sum('trilite_head_bytes'),
    in_flight_bytes: readings.sum('trilite_receiver_in_flight_bytes'),
    head_series: readings.sum('trilite_head_series'),
  };
  const of = `${bytesText(residentBytes)} of ${bytesText(limit)}`;
  if (residentBytes < limit * MEMORY_SHARE) return [find('memory', 'ok', `memory: ${of}`, evidence)];
  const remedy =
    'raise trilite: limits: memory where the machine has more; else fewer series (see cardinality), smaller or fewer requests at a time, narrower queries (--query.max-bytes)';
  return [
    find('memory', 'warn', `memory is short: ${of}; requests are refused at the limit`, evidence, remedy),
  ];
}

export function openFiles({ host: { openFiles: open, openFilesMax: max } }: Snapshot): Finding[] {
  if (open === undefined || max === undefined) return [];
  const evidence = { open, max };
  if (open < max * FILES_SHARE) return [find('files', 'ok', `open files: ${open} of ${max}`, evidence)];
  const remedy =
    'raise LimitNOFILE of the unit (ulimit -n): each connection, target and followed file takes one';
  return [find('files', 'problem', `open files: ${open} of ${max}`, evidence, remedy)];
}

export function processors({ host, readings }: Snapshot): Finding[] {
  const found: Finding[] = [];
  const { cores, load1, stealShare = 0, throttledShare = 0 } = host;
  if (stealShare > STEAL_SHARE) {
    const summary = `the machine's host took ${percentText(stealShare)} of the processor time for others (steal)`;
    found.push(
      find(
        'steal',
        'warn',
        summary,
        { share: stealShare, cores },
        'the virtual machine gets less than it seems to have: another size or host',
      ),
    );
  }
  if (throttledShare > THROTTLED_SHARE) {
    const summary = `the container was held back in ${percentText(throttledShare)} of its periods (CPU limit)`;
    found.push(
      find(
        'throttled',
        'warn',
        summary,
        { share: throttledShare },
        "raise the container's CPU limit: while it is held back nothing is answered",
      ),
    );
  }
  if (load1 !== undefined && load1 > cores * LOAD_PER_CORE) {
    const summary = `the machine is busy: load ${load1.toFixed(1)} on ${countText(cores, 'core')}`;
    found.push(find('load', 'warn', summary, { load1, cores }, 'see what runs beside this server (`top`)'));
  }
  const delay = readings
    .of('trilite_event_loop_delay_seconds')
    .find(({ labels }) => labels.quantile === '1')?.value;
  if (delay !== undefined && delay > DELAY_MAX_SECONDS) {
    const summary = `the main thread was held up for ${Math.round(delay * 1000)} ms: every sender and client waited`;
    found.push(
      find(
        'delay',
        'warn',
        summary,
        { seconds: delay },
        'too little processor time, or memory being swapped (`vmstat 1`); very large requests',
      ),
    );
  }
  const waiting = readings.sum('trilite_queries_waiting');
  if (waiting > WAITING_MAX) {
    const summary = `${waiting} queries wait for a reader`;
    found.push(
      find(
        'readers',
        'warn',
        summary,
        { waiting, running: readings.sum('trilite_queries_running') },
        'slower dashboards refresh less often, or more cores; see slow queries in the log',
      ),
    );
  }
  return found.length > 0
    ? found
    : [find('processors', 'ok', 'processors and the main thread have room', { cores })];
}

/** All checks over one snapshot: the report that `/api/v1/status/doctor` answers. Loaded when it is asked for. */

import { nothingArrives, refusedShare, stopped } from './checks/arrivals.ts';
import { ownClock, senderClocks, targetClocks } from './checks/clocks.ts';
import { certificates, clusterResources, reach, reading, warnings } from './checks/configuration.ts';
import {
  brokenTraces,
  exemplars,
  idLabels,
  idsInLogs,
  namelessLogs,
  namelessSpans,
  series,
  streamCount,
} from './checks/content.ts';
import { budget, database, freeSpace, growth, place, retentionAsked } from './checks/disk.ts';
import { memory, openFiles, processors } from './checks/host.ts';
import { refusals } from './checks/refusals.ts';
import {
  failedQuestions,
  grafana,
  notifications,
  receivers,
  remotes,
  rules,
  slowQuestions,
} from './checks/service.ts';
import { strays } from './checks/strays.ts';
import {
  discoveryFailures,
  downTargets,
  emptyJobs,
  rareScrapes,
  samplesLeftOut,
  slowScrapes,
} from './checks/targets.ts';
import { type Finding, GROUPS, SEVERITIES, type Severity } from './finding.ts';
import { receiverWords } from './receiver-names.ts';
import type { Check, Snapshot } from './snapshot.ts';
import { timeText } from './words.ts';

const CHECKS: readonly Check[] = [
  ...[nothingArrives, stopped, refusedShare],
  ...[refusals, strays],
  ...[senderClocks, targetClocks, ownClock],
  ...[downTargets, slowScrapes, rareScrapes, emptyJobs, discoveryFailures, samplesLeftOut],
  ...[namelessLogs, streamCount, idLabels, idsInLogs],
  ...[brokenTraces, namelessSpans, exemplars],
  ...[failedQuestions, grafana, slowQuestions],
  rules,
  ...[remotes, notifications, receivers],
  series,
  ...[freeSpace, growth, budget, database, place, retentionAsked],
  ...[memory, openFiles, processors],
  ...[reading, warnings, reach, certificates, clusterResources],
];

/** A line of the table of what arrives. Times are RFC 3339, null where nothing came. */
export interface Arrival {
  readonly receiver: string;
  readonly words: string;
  readonly signal: string;
  readonly first: string | null;
  readonly last: string | null;
  readonly accepted_total: number;
  /** Items and bytes a second, over so many minutes. */
  readonly per_second: Readonly<Record<'1m' | '5m' | '15m', number>>;
  readonly bytes_per_second: Readonly<Record<'1m' | '5m' | '15m', number>>;
  /** Items over 15 minutes, and whole requests. */
  readonly refused: number;
  readonly failed_requests: number;
}

export interface Report {
  readonly version: string;
  readonly time: string;
  readonly started: string;
  /** The gravest of all findings. */
  readonly verdict: Severity;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly listeners: readonly string[];
  readonly arrivals: readonly Arrival[];
  /** By severity, the gravest first, then by group. */
  readonly findings: readonly Finding[];
}

export function diagnose(snapshot: Snapshot): Report {
  const findings = CHECKS.flatMap((check) => check(snapshot)).sort(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      GROUPS.indexOf(a.group) - GROUPS.indexOf(b.group),
  );
  const count = (severity: Severity) => findings.filter((f) => f.severity === severity).length;
  return {
    version: snapshot.version,
    time: timeText(snapshot.nowMs),
    started: timeText(snapshot.startMs),
    verdict: findings[0]?.severity ?? 'ok',
    counts: { problem: count('problem'), warn: count('warn'), info: count('info'), ok: count('ok') },
    listeners: snapshot.config.listeners.map(({ scheme, host, port }) => `${scheme}://${host}:${port}`),
    arrivals: snapshot.receivers.map((r) => arrivalOf(r, snapshot)),
    findings,
  };
}

function arrivalOf(r: Snapshot['receivers'][number], { nowMs, startMs }: Snapshot): Arrival {
  const { words, signal } = receiverWords(r.receiver);
  // Of a server that has just begun, over the time that it runs.
  const upSeconds = Math.max(1, (nowMs - startMs) / 1000);
  const rate = (minutes: 1 | 5 | 15, what: 'accepted' | 'bytes') =>
    Number((r.recent[minutes][what] / Math.min(minutes * 60, upSeconds)).toPrecision(3));
  const rates = (what: 'accepted' | 'bytes') => ({
    '1m': rate(1, what),
    '5m': rate(5, what),
    '15m': rate(15, what),
  });
  return {
    receiver: r.receiver,
    words,
    signal,
    first: r.firstMs === undefined ? null : timeText(r.firstMs),
    last: r.lastMs === undefined ? null : timeText(r.lastMs),
    accepted_total: r.total.accepted,
    per_second: rates('accepted'),
    bytes_per_second: rates('bytes'),
    refused: r.recent[15].refused,
    failed_requests: r.recent[15].failed,
  };
}

/** What a server must still be after a campaign, and how one is told of. */

import type { CampaignReport } from './campaign.ts';

/**
 * What the process may have above its limit: garbage of both kinds of threads between two collections, and what the allocator
 * keeps. The limit is where requests begin to be refused, not a wall.
 */
const RSS_ALLOWANCE_MIB = 128;
/** Descriptors that stay for good reasons: database connections of readers that were started. */
const FD_ALLOWANCE = 24;
/** Log lines a minute, whatever is sent. */
const LOG_LINES_PER_MINUTE = 120;
const LOG_LINES_BASE = 60;
/** Of what honest clients attempted, this share must have gone through. */
const HONEST_SHARE_MIN = 0.5;

function limitMiB(memory: string): number {
  const [, number, unit] = /^(\d+)([MG])B$/.exec(memory)!;
  return Number(number) * (unit === 'G' ? 1024 : 1);
}

function honestFaults({ honest }: CampaignReport): string[] {
  if (!honest) return ['the honest clients could not read their data back'];
  return Object.entries(honest.clients).flatMap(([name, seen]) => {
    const faults: string[] = [];
    if (seen.lost > 0) faults.push(`${name}: ${seen.lost} acknowledged items are lost`);
    if (seen.wrong.length > 0) faults.push(`${name}: wrong answers: ${seen.wrong.slice(0, 3).join(' | ')}`);
    if (seen.done < seen.attempts * HONEST_SHARE_MIN)
      faults.push(`${name}: ${seen.done} of ${seen.attempts} got through`);
    return faults;
  });
}

function logFaults({ log, seconds }: CampaignReport): string[] {
  const lines = log.split('\n');
  const faults: string[] = [];
  const most = LOG_LINES_BASE + (LOG_LINES_PER_MINUTE * seconds) / 60;
  if (lines.length > most) faults.push(`${lines.length} log lines, more than ${Math.round(most)}`);
  const longest = Math.max(...lines.map((line) => line.length));
  if (longest > 16_384) faults.push(`a log line of ${longest} characters`);
  const unforeseen = lines.filter((line) =>
    /msg="request failed"|call failed|[Uu]nhandled|Uncaught/.test(line),
  );
  if (unforeseen.length > 0)
    faults.push(`${unforeseen.length} errors that nobody foresaw: ${unforeseen[0]!.slice(0, 600)}`);
  const foreign = lines.filter((line) => line !== '' && !line.startsWith('time='));
  if (foreign.length > 0)
    faults.push(`${foreign.length} lines that are not of the log: ${foreign[0]!.slice(0, 300)}`);
  return faults;
}

/** What is wrong; nothing where the server held. */
export function judge(report: CampaignReport): string[] {
  const faults = [...honestFaults(report), ...logFaults(report)];
  if (!report.survived) faults.unshift('the process ended');
  if (report.exitCode !== 0) faults.push(`exit code ${report.exitCode} after SIGTERM`);
  const most = limitMiB(report.memory) + RSS_ALLOWANCE_MIB;
  if (report.peaks.rssMiB > most) faults.push(`${report.peaks.rssMiB} MiB resident, above ${most}`);
  const fds = report.end?.fds ?? 0;
  if (fds > report.base.fds + FD_ALLOWANCE)
    faults.push(`${fds} descriptors at the end, ${report.base.fds} before`);
  return faults;
}

export function printReport(report: CampaignReport): string {
  const { base, peaks, end } = report;
  const lines = [
    `${report.seconds} s, limit ${report.memory}; exit code ${report.exitCode}; database ${report.diskMiB} MiB; ${report.log.split('\n').length} log lines`,
    `resident MiB: ${base.rssMiB} before, ${peaks.rssMiB} at most, ${end?.rssMiB} after`,
    `descriptors: ${base.fds} before, ${peaks.fds} at most, ${end?.fds} after; threads: ${base.threads}, ${peaks.threads}, ${end?.threads}; event loop held ${report.delayMaxMs} ms at most`,
  ];
  for (const [name, seen] of Object.entries(report.honest?.clients ?? {})) {
    lines.push(
      `honest ${name}: ${seen.done}/${seen.attempts} done, ${seen.later} later, ${seen.broken} broken, ${seen.wrong.length} wrong, ${seen.lost} lost; p50 ${seen.p50Ms} p99 ${seen.p99Ms} max ${seen.maxMs} ms`,
    );
  }
  if (report.honest)
    lines.push(
      `honest tail: ${report.honest.tail.lines} lines over ${report.honest.tail.connections} connections`,
    );
  for (const [name, outcomes] of Object.entries(report.attacks)) {
    const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
    const parts = Object.entries(outcomes).sort((a, b) => b[1] - a[1]);
    lines.push(`${name}: ${total} (${parts.map(([outcome, count]) => `${outcome}: ${count}`).join(', ')})`);
  }
  return lines.join('\n');
}

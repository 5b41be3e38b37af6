/** `trilite doctor`: asks a running server what is wrong, or looks from outside where none answers. */

import { setTimeout as sleep } from 'node:timers/promises';
import { clientEnvironment } from '../config.ts';
import type { Arrival, Report } from '../doctor/diagnose.ts';
import { fetchReport, isReport } from './doctor-connection.ts';
import { DOCTOR_USAGE, type DoctorFlags, parseDoctorFlags } from './doctor-flags.ts';
import { clean, type PrintOptions, printReport } from './doctor-print.ts';
import { type Output, processOutput } from './output.ts';

const EXIT_PROBLEMS = 1;
const EXIT_UNREACHABLE = 3;
const WATCH_MS = 1000;
const WIDTH_DEFAULT = 100;

/** Resolves with the exit code. Throws `ConfigError` for bad flags. */
export async function doctorCommand(
  argv: readonly string[],
  output: Output = processOutput,
  terminal: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
): Promise<number> {
  const environment = clientEnvironment();
  const flags = await parseDoctorFlags(argv, environment.address, environment);
  if (!flags) {
    output.out(DOCTOR_USAGE.trimEnd());
    return 0;
  }
  const isColored =
    flags.color === 'always' || (flags.color === 'auto' && terminal.isTTY === true && !environment.noColor);
  const style = { color: isColored, all: flags.all, width: terminal.columns ?? WIDTH_DEFAULT };
  if (flags.data !== undefined) {
    return (await import('./doctor-data.ts')).lookAtData(flags.data, flags.json, style, output);
  }
  if (flags.waitMs > 0) await watch(flags, output);
  const sent = flags.send ? await (await import('./doctor-send.ts')).sendProbes(flags, output) : true;
  const report = await fetchReport(flags);
  if (!isReport(report)) {
    const { lookFromOutside } = await import('./doctor-outside.ts');
    await lookFromOutside(flags, report, style, output);
    return EXIT_UNREACHABLE;
  }
  show(report, flags, style, output);
  return report.verdict === 'problem' || !sent ? EXIT_PROBLEMS : 0;
}

function show(report: Report, { json }: DoctorFlags, style: PrintOptions, output: Output): void {
  output.out(json ? JSON.stringify(report, undefined, 2) : printReport(report, style).trimEnd());
}

/** Tells of what comes, and of what is refused, until the time is over. With `--json` it goes to stderr. */
async function watch(flags: DoctorFlags, output: Output): Promise<void> {
  const say = (line: string) => (flags.json ? output.err(line) : output.out(line));
  const endMs = performance.now() + flags.waitMs;
  let before: Report | undefined;
  say(`watching ${flags.address.origin} for arrivals …`);
  while (performance.now() < endMs) {
    const report = await fetchReport(flags, { content: false });
    if (isReport(report)) {
      if (before) for (const line of changes(before, report)) say(`${report.time.slice(11, 19)}  ${line}`);
      before = report;
    }
    await sleep(Math.min(WATCH_MS, Math.max(0, endMs - performance.now())));
  }
  say('');
}

export function changes(before: Report, now: Report): string[] {
  const known = new Map(before.arrivals.map((a) => [a.receiver, a]));
  const lines = now.arrivals.flatMap((a) => changeOf(known.get(a.receiver), a));
  const told = new Set(before.findings.map(({ id, summary }) => id + withoutNumbers(summary)));
  for (const { id, group, severity, summary } of now.findings) {
    if (group !== 'refusals' || severity === 'ok' || told.has(id + withoutNumbers(summary))) continue;
    lines.push(clean(summary));
  }
  return lines;
}

/** Counts and times change, what is said stays. */
function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, '#');
}

function changeOf(before: Arrival | undefined, now: Arrival): string[] {
  const items = now.accepted_total - (before?.accepted_total ?? 0);
  if (items <= 0) return [];
  const first = before === undefined || before.accepted_total === 0 ? ', the first' : '';
  return [`${now.words}: ${items.toLocaleString('en-US')} taken (${now.signal}${first})`];
}

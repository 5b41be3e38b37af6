/** The doctor's report as text: what arrives as a table, then what is wrong and what to do, then what is well in a few words. */

import type { Arrival, Report } from '../doctor/diagnose.ts';
import type { Finding, Severity } from '../doctor/finding.ts';
import { bytesText, spanText } from '../doctor/words.ts';
import { stripAnsi } from '../model/ansi.ts';

export interface PrintOptions {
  readonly color: boolean;
  /** Also what is well, and the evidence. */
  readonly all: boolean;
  /** Columns of the terminal. */
  readonly width: number;
}

const STYLES: Readonly<Record<Severity | 'dim' | 'bold', string>> = {
  problem: '1;31',
  warn: '33',
  info: '36',
  ok: '32',
  dim: '2',
  bold: '1',
};
const MARKS: Readonly<Record<Severity, string>> = {
  problem: 'PROBLEM',
  warn: 'WARNING',
  info: 'INFO',
  ok: 'OK',
};
const MARK_WIDTH = 9;

export function printReport(report: Report, options: PrintOptions): string {
  const { paint } = painter(options.color);
  const upMs = Date.parse(report.time) - Date.parse(report.started);
  const head = `${paint('bold', `trilite ${report.version}`)} up for ${spanText(upMs)}, at ${report.listeners.map(clean).join(' ')}`;
  return [
    head,
    '',
    ...arrivalTable(report, options),
    '',
    ...printFindings(report.findings, options),
    '',
    verdictLine(report, options),
    '',
  ].join('\n');
}

export function painter(color: boolean) {
  const paint = (style: keyof typeof STYLES, text: string) =>
    color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
  return { paint };
}

/** Texts of strangers stand in findings: nothing of them may reach the terminal as a command. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  return stripAnsi(text).replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function arrivalTable({ arrivals, time }: Report, { color }: PrintOptions): string[] {
  const { paint } = painter(color);
  const nowMs = Date.parse(time);
  const rows = arrivals.map((a) => [
    a.words,
    a.signal,
    a.last === null ? 'never' : `${spanText(nowMs - Date.parse(a.last))} ago`,
    rateText(a.per_second['1m']),
    rateText(a.per_second['15m']),
    a.bytes_per_second['1m'] === 0 ? '' : `${bytesText(a.bytes_per_second['1m'])}/s`,
    refusedText(a),
  ]);
  const titles = ['WHAT ARRIVES', 'SIGNAL', 'LAST', '1m', '15m', 'BYTES', 'REFUSED (15m)'];
  if (rows.length === 0) return [paint('bold', 'WHAT ARRIVES'), 'nothing yet'];
  const widths = titles.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd();
  return [
    paint('bold', line(titles)),
    ...rows.map((row, i) => {
      const { refused, failed_requests } = arrivals[i]!;
      const text = line(row);
      return refused + failed_requests > 0 ? paint('warn', text) : text;
    }),
  ];
}

function rateText(perSecond: number): string {
  if (perSecond === 0) return '-';
  return `${perSecond >= 100 ? Math.round(perSecond).toLocaleString('en-US') : Number(perSecond.toPrecision(2))}/s`;
}

function refusedText({ refused, failed_requests: requests }: Arrival): string {
  const parts = [
    ...(refused > 0 ? [`${refused.toLocaleString('en-US')} items`] : []),
    ...(requests > 0 ? [`${requests.toLocaleString('en-US')} requests`] : []),
  ];
  return parts.join(', ') || '-';
}

/** Of what is well the names of the groups alone, where not all is wanted. */
export function printFindings(findings: readonly Finding[], options: PrintOptions): string[] {
  const { paint } = painter(options.color);
  const shown = options.all ? findings : findings.filter(({ severity }) => severity !== 'ok');
  const lines = shown.flatMap((finding) => printFinding(finding, options));
  const well = findings.filter(({ severity }) => severity === 'ok');
  if (options.all || well.length === 0) return lines;
  const wrong = new Set(shown.filter((f) => f.severity !== 'info').map((f) => f.group));
  const groups = [...new Set(well.map(({ group }) => group))].filter((group) => !wrong.has(group));
  const text = `${well.length} checks found nothing${groups.length > 0 ? `; all is well with ${groups.join(', ')}` : ''}`;
  return [
    ...lines,
    `${paint('ok', MARKS.ok.padEnd(MARK_WIDTH))}${wrapped(text, options.width).join(INDENT)}`,
  ];
}

const INDENT = `\n${' '.repeat(MARK_WIDTH)}`;

function printFinding(
  { severity, summary, evidence, remedy, id }: Finding,
  { color, all, width }: PrintOptions,
): string[] {
  const { paint } = painter(color);
  const mark = paint(severity, MARKS[severity].padEnd(MARK_WIDTH));
  const lines = [`${mark}${wrapped(clean(summary), width).join(INDENT)}`];
  if (remedy)
    lines.push(
      `${' '.repeat(MARK_WIDTH)}${paint('dim', '→ ')}${wrapped(remedy, width - 2).join(`${INDENT}  `)}`,
    );
  const { example } = evidence;
  const shown = all
    ? Object.entries({ id, ...evidence })
    : example === undefined
      ? []
      : [['example', example]];
  for (const [name, value] of shown) {
    lines.push(paint('dim', `${' '.repeat(MARK_WIDTH)}  ${name}: ${clean(String(value))}`));
  }
  return lines;
}

/** Lines of words that fit beside the mark. */
function wrapped(text: string, width: number): string[] {
  const room = Math.max(30, width - MARK_WIDTH);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function verdictLine({ counts, verdict }: Report, { color }: PrintOptions): string {
  const { paint } = painter(color);
  if (verdict === 'ok' || verdict === 'info') return paint('ok', 'All is well.');
  const parts = [
    counts.problem === 1 ? '1 problem' : `${counts.problem} problems`,
    counts.warn === 1 ? '1 warning' : `${counts.warn} warnings`,
  ];
  return paint(verdict, `${parts.join(', ')}.`);
}

/** How outcomes are told: lines as they come, a summary, GitHub's annotations and summary page, JSON. */

import type { Outcome } from './expectation.ts';
import { secondsText } from './run.ts';

const RED = '\u001b[31m';
const GREEN = '\u001b[32m';
const PLAIN = '\u001b[0m';

/** ✓ or ✗, the name, how long it took; below a failure why. */
export function outcomeLines({ expectation, failure, tookMs }: Outcome, isColored: boolean): string[] {
  const color = (code: string, text: string) => (isColored ? code + text + PLAIN : text);
  const sign = failure === undefined ? color(GREEN, '✓') : color(RED, '✗');
  const lines = [`${sign} ${oneLine(expectation.name)} (${secondsText(tookMs)})`];
  if (failure === undefined) return lines;
  const { place, query, language } = expectation;
  lines.push(`    ${place.file}:${place.line}: ${language} ${oneLine(query)}`);
  return [...lines, ...failure.split('\n').map((line) => `    ${clean(line)}`)];
}

export function summaryLine(outcomes: readonly Outcome[], tookMs: number): string {
  const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
  const all = outcomes.length;
  const held =
    failed === 0 ? (all === 1 ? 'it holds' : `all ${all} hold`) : `${failed} of ${all} do not hold`;
  return `${held} (${secondsText(tookMs)})`;
}

/** A workflow command, which a run of GitHub Actions shows beside the line of the file. */
export function githubAnnotation({ expectation, failure }: Outcome): string | undefined {
  if (failure === undefined) return undefined;
  const { file, line } = expectation.place;
  const properties = [
    `file=${escapedProperty(file)}`,
    `line=${line}`,
    `title=${escapedProperty(oneLine(expectation.name))}`,
  ];
  return `::error ${properties.join(',')}::${escapedData(failure)}`;
}

/** Markdown for the summary of a job. */
export function githubSummary(outcomes: readonly Outcome[], tookMs: number): string {
  const rows = outcomes.map(({ expectation, failure, tookMs: own }) => {
    const what = failure === undefined ? '' : `<pre>${html(failure).replaceAll('\n', '<br>')}</pre>`;
    return `| ${failure === undefined ? '✅' : '❌'} | ${html(oneLine(expectation.name)).replaceAll('|', '\\|')} | ${secondsText(own)} | ${what.replaceAll('|', '\\|')} |`;
  });
  const head = ['| | expectation | time | |', '|---|---|---|---|'];
  return `### trilite verify: ${summaryLine(outcomes, tookMs)}\n\n${[...head, ...rows].join('\n')}\n`;
}

export function jsonReport(outcomes: readonly Outcome[]): string {
  const results = outcomes.map(({ expectation, failure, tookMs }) => ({
    name: expectation.name,
    file: expectation.place.file,
    line: expectation.place.line,
    language: expectation.language,
    query: expectation.query,
    holds: failure === undefined,
    ...(failure !== undefined && { failure }),
    seconds: Math.round(tookMs) / 1000,
  }));
  const failed = results.filter((result) => !result.holds).length;
  return JSON.stringify({ holds: failed === 0, expectations: results.length, failed, results }, undefined, 2);
}

function oneLine(text: string): string {
  return clean(text.trim().replaceAll(/\s+/g, ' '));
}

/** Lines are others' words: what could steer a terminal, or a runner that reads along, is not passed on. */
export function clean(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are meant
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd');
}

function escapedData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapedProperty(text: string): string {
  return escapedData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function html(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

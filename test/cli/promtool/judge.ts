/**
 * Runs a case and compares what was said of it. The rules:
 *
 * 1. The exit code is the same.
 * 2. The same lines stand on each of the two streams, blank ones and the original's log aside, in any order: it goes through
 *    labels in none.
 * 3. A place is the same. Where the original names none (`0:0`, or nothing) Trilite may name one.
 * 4. Of a file that is no YAML, or whose values are of the wrong types, the line counts, not the words; so it is with a
 *    configuration, of which Trilite also tells what has no effect, and of several faults the first in the file.
 * 5. Of how a command is called, the exit code counts alone; and so it does where a message is Trilite's own
 *    (`input_series`, what is expected of a query), and with a promtool of version 2, whose words are others.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkCommand } from '../../../src/cli/check.ts';
import { testCommand } from '../../../src/cli/test.ts';
import type { PromtoolCase } from './cases.ts';

export interface Verdict {
  readonly code: number;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

/** In a directory of its own, which is gone when `run` has ended. */
async function inFolder<T>(
  files: PromtoolCase['files'],
  run: (folder: string) => Promise<T> | T,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'trilite-promtool-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function runPromtool(program: string, { args, files }: PromtoolCase): Promise<Verdict> {
  return inFolder(files, (folder) => {
    const { status, stdout, stderr } = spawnSync(program, [...args], { cwd: folder, encoding: 'utf8' });
    return { code: status!, out: linesOf(stdout), err: linesOf(stderr) };
  });
}

/** In this process, whose working directory changes meanwhile. */
export function runTrilite({ args, files }: PromtoolCase): Promise<Verdict> {
  return inFolder(files, async (folder) => {
    const out: string[] = [];
    const err: string[] = [];
    const output = { out: (line: string) => out.push(line), err: (line: string) => err.push(line) };
    const before = process.cwd();
    process.chdir(folder);
    try {
      const [command, ...rest] = args;
      const code = await (command === 'check' ? checkCommand(rest, output) : testCommand(rest, output));
      return { code, out: linesOf(out.join('\n')), err: linesOf(err.join('\n')) };
    } catch (error) {
      if ((error as Error).name !== 'TriliteError') throw error;
      return { code: 1, out: linesOf(out.join('\n')), err: [`promtool: error: ${(error as Error).message}`] };
    } finally {
      process.chdir(before);
    }
  });
}

/** Without what says nothing, and without the original's log. */
function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '' && !/^(time|ts|level)=/.test(line));
}

const SHAPE_LINE = /^ {2}line (\d+): /gm;
const OWN_LINE = /^ {2}line (\d+): |:(\d+):\d+: /gm;
/** Of what has no effect, and of files that the original does not look for. */
const OWN_WARNING = /^ {2}WARNING: (\S+\.yml:\d+:\d+: |.* cannot be read: )/;
const CONFIG_FAULT = /^ {2}FAILED: /;
const PLACE = /^(\d+:\d+: )+/;
const NO_PLACE = /^(0:0: )+/;

/** What is different, undefined where nothing is. `isOld`: of version 2, whose words are others. */
export function difference(
  args: readonly string[],
  original: Verdict,
  ours: Verdict,
  isOld = false,
): string | undefined {
  if (original.code !== ours.code) {
    return `exit code ${ours.code}, not ${original.code}: ${[...ours.err, '| original:', ...original.err].join(' ')}`;
  }
  if (isOld || isUsage(original) || isUsage(ours)) return undefined;
  const isConfig = args[1] === 'config';
  const streams = [
    [original.out, isConfig ? ours.out.filter((line) => !OWN_WARNING.test(line)) : ours.out],
    [original.err, ours.err],
  ] as const;
  const line = [...original.err.join('\n').matchAll(SHAPE_LINE)][0]?.[1];
  const told = [...ours.err.join('\n').matchAll(OWN_LINE)].map((match) => Number(match[1] ?? match[2]));
  if (line !== undefined && !told.some((own) => own === Number(line) || (isConfig && own < Number(line)))) {
    return `the place is line ${line}, not that of ${JSON.stringify(ours.err)}`;
  }
  for (const [theirs, own] of streams) {
    const wrong = linesDifference(theirs.map(plain), own.map(plain));
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function isUsage({ err }: Verdict): boolean {
  return err.some((line) => line.startsWith('promtool: error: '));
}

/** Without the file in front. */
function plain(line: string): string {
  return line.replace(/^[\w./-]+\.yml: /, '');
}

function linesDifference(theirs: readonly string[], own: readonly string[]): string | undefined {
  const isShapeless = [...theirs, ...own].some((line) => line.includes('unmarshal errors'));
  const [wanted, got] = [withoutShape(theirs, isShapeless), withoutShape(own, isShapeless)];
  const left = [...got];
  for (const line of wanted) {
    const at = left.findIndex((other) => isSame(line, other));
    if (at < 0) return `missing ${JSON.stringify(line)} in ${JSON.stringify(got)}`;
    left.splice(at, 1);
  }
  return left.length === 0
    ? undefined
    : `too much: ${JSON.stringify(left)}; original: ${JSON.stringify(wanted)}`;
}

/**
 * What is told of a file's shape is left to its line. The original reads a rule file twice, and tells some of it twice, or
 * of one reading only what the other stumbled over: a duration.
 */
function withoutShape(lines: readonly string[], isShapeless: boolean): string[] {
  return lines.filter((line, i) => {
    if (/^ {2}line \d+: |unmarshal errors/.test(line) && !CONFIG_FAULT.test(line)) return false;
    if (isShapeless && /\bduration\b|^[\w.]+:\d+:\d+: /.test(line)) return false;
    return !/yaml: |\bduration\b/.test(line) || lines.indexOf(line) === i;
  });
}

function isSame(original: string, ours: string): boolean {
  if (original === ours) return true;
  if (CONFIG_FAULT.test(original)) return CONFIG_FAULT.test(ours);
  if (/\byaml: /.test(original)) return /\byaml: |^[\w.]+:\d+:\d+: /.test(ours);
  if (OWN_WORDS.some((words) => words.test(ours))) return true;
  if (NO_PLACE.test(original) || !PLACE.test(original)) {
    return original.replace(NO_PLACE, '') === ours.replace(PLACE, '');
  }
  return false;
}

/** Messages that are Trilite's own, whatever the original says there. */
const OWN_WORDS = [/^input_series: /, /err: labels "/, /^[\w.]+:\d+:\d+: /];

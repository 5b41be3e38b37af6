/** `trilite diff A.db B.db`: what two runs differ in. */

import { parseArgs } from 'node:util';
import { DEFAULT_TOLERANCES, type Difference, differences, type Tolerances } from '../compare/differences.ts';
import { printDifferences } from '../compare/print.ts';
import { type Profile, takeProfile } from '../compare/profile.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment } from '../config.ts';
import { openDatabase } from './opened-database.ts';
import { type Output, processOutput } from './output.ts';

const FAIL_ON = ['any', 'worse', 'never'] as const;
const FORMS = ['table', 'json'] as const;

export const DIFF_OPTIONS = {
  output: { type: 'string', short: 'o' },
  'fail-on': { type: 'string' },
  factor: { type: 'string' },
  errors: { type: 'string' },
  least: { type: 'string' },
  color: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const DIFF_USAGE = `Usage: trilite diff [flags] A.db B.db

Compares what two runs did, by their databases: rates, errors and durations of each operation, who calls whom how often in the traces,
templates of log lines, metrics and what counters counted.

  trilite diff main.db branch.db
  trilite diff --fail-on worse --factor 2 before.db after.db
  trilite diff -o json A.db B.db | jq '.differences[] | select(.judgement == "worse")'

A and B are databases (snapshots, incident files, backups) or data directories that no server runs on; nothing is written to them.

  --output, -o FORM     table or json (table)
  --fail-on WHAT        exit with 1 for any difference, for those that are worse, or never (any)
  --factor N            durations and counts that differ by less are alike (${DEFAULT_TOLERANCES.factor})
  --errors N            parts of failed spans that differ by less are alike, 0 to 1 (${DEFAULT_TOLERANCES.errorPart})
  --least N             numbers below say nothing of how many there are (${DEFAULT_TOLERANCES.least})
  --color WHEN          auto (where stdout is a terminal and NO_COLOR is not set), always, never
  --help

Exit code 0 where the two are alike, 1 where they differ, 2 for bad flags.
`;

/** Resolves with the exit code. Throws `ConfigError` for bad flags, `TriliteError` where a database cannot be opened. */
export async function diffCommand(
  argv: readonly string[],
  output: Output = processOutput,
  terminal: { readonly isTTY?: boolean } = process.stdout,
): Promise<number> {
  const { values, positionals } = parse(argv);
  if (values.help) {
    output.out(DIFF_USAGE.trimEnd());
    return 0;
  }
  const [a, b, ...others] = positionals;
  if (a === undefined || b === undefined || others.length > 0) throw wrong('two databases are compared');
  const form = oneOf(FORMS, '--output', values.output ?? 'table');
  const failOn = oneOf(FAIL_ON, '--fail-on', values['fail-on'] ?? 'any');
  const color = oneOf(['auto', 'always', 'never'] as const, '--color', values.color ?? 'auto');
  const tolerances = readTolerances(values);
  const [before, after] = [await profileOf(a), await profileOf(b)];
  const found = differences(before, after, tolerances);
  if (form === 'json') {
    output.out(JSON.stringify({ differences: found, before, after }, undefined, 2));
  } else {
    const isAuto = color === 'auto' && terminal.isTTY === true && !clientEnvironment().noColor;
    output.out(printDifferences(found, before, after, isAuto || color === 'always'));
  }
  return isFailure(found, failOn) ? 1 : 0;
}

function isFailure(found: readonly Difference[], failOn: (typeof FAIL_ON)[number]): boolean {
  if (failOn === 'never') return false;
  return failOn === 'any' ? found.length > 0 : found.some(({ judgement }) => judgement === 'worse');
}

async function profileOf(path: string): Promise<Profile> {
  const { client, startMs, endMs, close } = await openDatabase(path);
  try {
    return await takeProfile({ client, startMs, endMs });
  } finally {
    await close();
  }
}

type Values = ReturnType<typeof parse>['values'];

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: DIFF_OPTIONS, allowPositionals: true });
  } catch (error) {
    throw wrong((error as Error).message.split(/\. (?=[A-Z])|\n/, 1)[0]!);
  }
}

function readTolerances(values: Values): Tolerances {
  return {
    factor: number(values.factor, '--factor', DEFAULT_TOLERANCES.factor, 1),
    errorPart: number(values.errors, '--errors', DEFAULT_TOLERANCES.errorPart, 0),
    least: number(values.least, '--least', DEFAULT_TOLERANCES.least, 0),
  };
}

function number(text: string | undefined, flag: string, absent: number, least: number): number {
  if (text === undefined) return absent;
  const value = Number(text);
  if (text.trim() === '' || !(value >= least))
    throw wrong(`${flag}: ${JSON.stringify(text)} is no number from ${least} on`);
  return value;
}

function oneOf<const T extends string>(words: readonly T[], flag: string, text: string): T {
  const word = words.find((one) => one === text);
  if (word === undefined) throw wrong(`${flag}: ${JSON.stringify(text)} is none of ${words.join(', ')}`);
  return word;
}

function wrong(what: string): ConfigError {
  return new ConfigError(`${what}; see trilite diff --help`);
}

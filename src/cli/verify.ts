/** `trilite verify FILE… [-- COMMAND]`: whether telemetry is what files expect, as one step of a pipeline. */

import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { fileError } from '../base/file-error.ts';
import { UnreachableError } from '../client/transport.ts';
import { ConfigError } from '../config/config-error.ts';
import { clientEnvironment, environmentVariable } from '../config.ts';
import type { Expectation, Outcome } from '../verify/expectation.ts';
import {
  clean,
  githubAnnotation,
  githubSummary,
  jsonReport,
  outcomeLines,
  summaryLine,
} from '../verify/report.ts';
import { runExpectations } from '../verify/run.ts';
import { namedFiles } from './file-arguments.ts';
import { junitXml } from './junit.ts';
import { type Output, processOutput } from './output.ts';
import { runCommand } from './verify-command.ts';
import { parseVerifyFlags, VERIFY_USAGE, type VerifyFlags } from './verify-flags.ts';
import { type OpenTarget, openTarget } from './verify-target.ts';

const EXIT_FAILED = 1;
const EXIT_UNREACHABLE = 3;
const EXIT_INTERRUPTED = 130;

/** Resolves with the exit code. Throws `ConfigError` for bad flags or a bad file. */
export async function verifyCommand(
  argv: readonly string[],
  output: Output = processOutput,
  terminal: { readonly isTTY?: boolean } = process.stdout,
): Promise<number> {
  const environment = clientEnvironment();
  const flags = await parseVerifyFlags(argv, environment);
  if (flags === 'help' || flags === 'example') {
    const text = flags === 'help' ? VERIFY_USAGE : (await import('./verify-example.ts')).VERIFY_EXAMPLE;
    output.out(text.trimEnd());
    return 0;
  }
  const isAuto = flags.color === 'auto' && terminal.isTTY === true && !environment.noColor;
  const say = flags.json ? output.err : output.out;
  const told: Told = { say, output, isColored: isAuto || flags.color === 'always' };
  const { findOatsCases } = await import('./verify-oats.ts');
  const cases = await findOatsCases(flags);
  const plan = cases ?? (await readPlan(flags));
  // Made before anything runs: where it cannot be, nobody waits in vain.
  for (const file of [flags.junit, flags.snapshotOnFailure ? undefined : flags.snapshot])
    if (file !== undefined) makeFile(file);
  const target = await openTarget(flags.target, {
    keepsDatabase: flags.snapshot !== undefined,
    isLgtm: cases !== undefined,
  });
  try {
    return await verify(plan, flags, target, told);
  } catch (error) {
    if (error === 'SIGINT' || error === 'SIGTERM') return EXIT_INTERRUPTED;
    if (!(error instanceof UnreachableError)) throw error;
    output.err(`trilite: ${clean(error.message)}`);
    return EXIT_UNREACHABLE;
  } finally {
    await target.close();
  }
}

interface Told {
  readonly say: (line: string) => void;
  readonly output: Output;
  readonly isColored: boolean;
}

/** What is checked: expectations, or cases that drive an application first. */
type Plan = (
  target: OpenTarget,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
) => Promise<Outcome[]>;

async function readPlan(flags: VerifyFlags): Promise<Plan> {
  const expectations = await readExpectations(flags);
  return (target, onOutcome, signal) => runExpectations(expectations, target.checked, onOutcome, signal);
}

async function readExpectations({ files, timeoutMs }: VerifyFlags): Promise<Expectation[]> {
  const { DEFAULT_TIMEOUT_MS, parseExpectations } = await import('../config/expectations-yaml.ts');
  let names: string[];
  try {
    names = namedFiles(files);
  } catch (error) {
    throw new ConfigError((error as Error).message);
  }
  return names.flatMap((file) => {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      throw new ConfigError(fileError(error, file));
    }
    return parseExpectations(file, text, timeoutMs ?? DEFAULT_TIMEOUT_MS).expectations;
  });
}

function makeFile(file: string): void {
  try {
    writeFileSync(file, '');
  } catch (error) {
    throw new ConfigError(fileError(error, file));
  }
}

async function verify(plan: Plan, flags: VerifyFlags, target: OpenTarget, told: Told): Promise<number> {
  const { say, output, isColored } = told;
  const interrupted = new AbortController();
  const interrupt = (signal: NodeJS.Signals) => interrupted.abort(signal);
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  const command =
    flags.command.length === 0
      ? undefined
      : runCommand(flags.command, target.environment, flags.json ? 'stderr' : 'inherit', (message) =>
          output.err(`trilite: ${clean(message)}`),
        );
  // An application goes on until its cases are through; anything else is waited for.
  const isApplication = command !== undefined && flags.appUrl !== undefined;
  const code = command && !isApplication ? await command.ended : 0;
  if (interrupted.signal.aborted) return code || EXIT_INTERRUPTED;
  if (code !== 0) say(`the command ended with ${code}`);
  const isGithub = flags.github ?? environmentVariable('GITHUB_ACTIONS') === 'true';
  const startedMs = performance.now();
  const timestamp = new Date().toISOString().slice(0, 19);
  const outcomes = await plan(
    target,
    (outcome) => {
      for (const line of outcomeLines(outcome, isColored)) say(line);
      const annotation = isGithub && githubAnnotation(outcome);
      if (annotation) say(annotation);
    },
    interrupted.signal,
  ).finally(async () => {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    if (isApplication) await command.stop();
  });
  const tookMs = performance.now() - startedMs;
  say(summaryLine(outcomes, tookMs));
  if (flags.json) output.out(jsonReport(outcomes));
  if (flags.junit !== undefined) writeFileSync(flags.junit, junitOf(outcomes, timestamp));
  const summaryFile = isGithub ? environmentVariable('GITHUB_STEP_SUMMARY') : undefined;
  if (summaryFile) appendFileSync(summaryFile, githubSummary(outcomes, tookMs));
  const isFailed = code !== 0 || outcomes.some(({ failure }) => failure !== undefined);
  if (flags.snapshot !== undefined && (isFailed || !flags.snapshotOnFailure)) {
    await target.keep(flags.snapshot);
    say(`the database is kept in ${flags.snapshot}`);
  }
  return code !== 0 ? code : isFailed ? EXIT_FAILED : 0;
}

function junitOf(outcomes: readonly Outcome[], timestamp: string): string {
  const files = Map.groupBy(outcomes, ({ expectation }) => expectation.place.file);
  const suites = [...files].map(([name, own]) => ({
    name,
    timestamp,
    cases: own.map(({ expectation, failure }) => ({
      name: expectation.name,
      failures: failure === undefined ? [] : [failure],
    })),
  }));
  return junitXml(suites);
}

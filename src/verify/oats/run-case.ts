/** Runs a case: what it brings along is sent, the application is asked, then all that it expects is waited for. */

import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TriliteError } from '../../model/errors.ts';
import type { Outcome, Place, Subject } from '../expectation.ts';
import { find } from '../find.ts';
import { type Checked, secondsText } from '../run.ts';
import type { OatsAssertion, OatsCase, OatsInput } from './case.ts';
import { caseFaults } from './judge-case.ts';
import { seedRequests } from './seed.ts';

export interface CaseRun {
  readonly checked: Checked;
  /** Where what a case brings along is sent. */
  readonly otlpHttp: string | undefined;
  /** Of the application. */
  readonly appUrl: URL | undefined;
  readonly timeoutMs: number;
  readonly absentTimeoutMs: number;
  /** For scripts. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How far back OATS looks. */
const SINCE_MS = 10 * 60_000;
const RETRY_INTERVAL_MS = 500;
const OUTPUT_MAX = 4000;

export async function runCase(
  one: OatsCase,
  run: CaseRun,
  onOutcome: (outcome: Outcome) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const tell = (subject: Subject, failure: string | undefined, tookMs: number) => {
    const outcome = { expectation: subject, failure, tookMs };
    outcomes.push(outcome);
    onOutcome(outcome);
  };
  const subject = (place: Place, language: string, query: string): Subject => ({
    name: `${one.name}: ${language} ${query}`,
    place,
    language,
    query,
  });
  for (const { what, place } of one.unsupported)
    tell(subject(place, 'not supported:', what), `${what}: not supported, not run`, 0);
  const startedMs = performance.now();
  try {
    await seed(one, run, signal);
    for (const input of one.inputs) await sendInput(input, run, signal);
  } catch (error) {
    signal.throwIfAborted();
    tell(subject(one.place, 'input', ''), (error as Error).message, performance.now() - startedMs);
    return outcomes;
  }
  const timed = async (own: Subject, work: Promise<string | undefined>) => {
    const beganMs = performance.now();
    tell(own, await work, performance.now() - beganMs);
  };
  await Promise.all([
    ...one.assertions.map((assertion) =>
      timed(subject(assertion.place, assertion.language, assertion.query), waitFor(assertion, run, signal)),
    ),
    ...one.checks.map(({ script, place }) =>
      timed(
        subject(place, 'custom-check', script.split('\n', 1)[0]!),
        waitForScript(script, place, run, signal),
      ),
    ),
  ]);
  return outcomes;
}

async function seed(one: OatsCase, { otlpHttp }: CaseRun, signal: AbortSignal): Promise<void> {
  if (!one.seed) return;
  if (otlpHttp === undefined)
    throw new TriliteError('bad_data', 'seed: nothing can be sent to a database file');
  for (const { path, body } of seedRequests(one.seed, Date.now())) {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(otlpHttp + path, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
      signal,
    });
    const text = await answer.text();
    if (answer.status >= 300) throw new TriliteError('bad_data', `seed: ${path}: ${answer.status} ${text}`);
  }
}

async function sendInput(input: OatsInput, run: CaseRun, signal: AbortSignal): Promise<void> {
  const { appUrl } = run;
  if (!appUrl)
    throw new TriliteError(
      'bad_data',
      `input: ${input.method} ${input.path} was not sent: where the application is has to be said (--app-url URL -- COMMAND)`,
    );
  const url = `${input.scheme ?? appUrl.protocol.slice(0, -1)}://${input.host ?? appUrl.hostname}:${appUrl.port || 80}${input.path}`;
  const timeoutMs = input.retry?.timeoutMs ?? run.timeoutMs;
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const fault = await ask(input, url, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
    if (fault === undefined) return;
    signal.throwIfAborted();
    if (!(input.retry || isStarting(fault)) || performance.now() >= deadlineMs)
      throw new TriliteError('bad_data', `input: ${input.method} ${url}: ${fault}`);
    await sleep(input.retry?.intervalMs ?? RETRY_INTERVAL_MS, undefined, { signal }).catch(() => {});
  }
}

/** An application that the command has just started does not listen yet; nothing has reached it, so nothing is done twice. */
function isStarting(fault: string): boolean {
  return fault.includes('ECONNREFUSED');
}

async function ask(input: OatsInput, url: string, signal: AbortSignal): Promise<string | undefined> {
  const { method, headers, body, status } = input;
  try {
    const answer = await fetch(url, {
      method,
      headers,
      ...(body !== '' && { body }),
      redirect: 'manual',
      signal,
    });
    await answer.arrayBuffer();
    return answer.status === status ? undefined : `expected status ${status}, got ${answer.status}`;
  } catch (error) {
    const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
    return cause?.code ?? cause?.message ?? message;
  }
}

async function waitFor(
  assertion: OatsAssertion,
  { checked, timeoutMs, absentTimeoutMs }: CaseRun,
  signal: AbortSignal,
): Promise<string | undefined> {
  const arrivals = checked.arrivals();
  const windowMs = assertion.absent ? absentTimeoutMs : timeoutMs;
  const endMs = performance.now() + windowMs;
  try {
    for (;;) {
      const faults = await look(assertion, checked, signal);
      if (assertion.absent ? faults.length > 0 : faults.length === 0) return failureOf(faults, undefined);
      const leftMs = endMs - performance.now();
      if (leftMs <= 0 || checked.whole) return failureOf(faults, windowMs);
      await arrivals.next(leftMs, signal);
      signal.throwIfAborted();
    }
  } finally {
    arrivals.close();
  }
}

function failureOf(faults: readonly string[], afterMs: number | undefined): string | undefined {
  if (faults.length === 0) return undefined;
  return afterMs === undefined ? faults.join('\n') : [...faults, `after ${secondsText(afterMs)}`].join('\n');
}

async function look(
  assertion: OatsAssertion,
  { client, whole }: Checked,
  signal: AbortSignal,
): Promise<string[]> {
  const nowMs = Date.now();
  const bounds = whole ?? { startMs: nowMs - SINCE_MS, endMs: nowMs };
  try {
    const found = await find(client, assertion, bounds, signal, {
      wholeTraces: assertion.matchSpans.length > 0,
    });
    return caseFaults(assertion, found);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TriliteError)) throw error;
    return [`exec: ${error.message}`];
  }
}

async function waitForScript(
  script: string,
  { file }: Place,
  { timeoutMs, environment }: CaseRun,
  signal: AbortSignal,
): Promise<string | undefined> {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const fault = await runScript(script, resolve(dirname(file)), environment, signal);
    if (fault === undefined || performance.now() >= endMs) return fault;
    await sleep(RETRY_INTERVAL_MS, undefined, { signal });
  }
}

/** A path beside the case, or a script that stands in it. */
async function runScript(
  script: string,
  cwd: string,
  env: CaseRun['environment'],
  signal: AbortSignal,
): Promise<string | undefined> {
  const isInline = script.trimStart().startsWith('#!') || script.trim().includes('\n');
  const folder = isInline ? mkdtempSync(join(tmpdir(), 'trilite-oats-')) : undefined;
  try {
    let file = script.trim();
    if (folder) {
      file = join(folder, 'check');
      writeFileSync(file, script.trimStart());
      chmodSync(file, 0o700);
    } else if (file.includes('/')) file = resolve(cwd, file);
    return await new Promise((settle) => {
      const child = spawn(file, {
        cwd,
        env: env as NodeJS.ProcessEnv,
        signal,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      const hear = (data: Buffer) => {
        said = (said + data).slice(0, OUTPUT_MAX);
      };
      child.stdout.on('data', hear);
      child.stderr.on('data', hear);
      child.on('error', (error) => settle(`custom-check: ${error.message}`));
      child.on('close', (code) =>
        settle(code === 0 ? undefined : `custom-check: exit status ${code}\n${said}`),
      );
    });
  } finally {
    if (folder) rmSync(folder, { recursive: true, force: true });
  }
}

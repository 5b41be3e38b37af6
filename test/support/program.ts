/** Other people's programs in tests: where they are, running them to their end or beside a test. */

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** Set where everything is installed: what is missing is a failure then, not a reason to skip. */
export const REQUIRE_ALL = process.env.TRILITE_TEST_REQUIRE === '1';

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The full path of an executable on `PATH`, undefined where there is none. */
export function findProgram(name: string): string | undefined {
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {}
  }
  return undefined;
}

/**
 * For a test's `skip` option: false to run, or the reason. Throws instead of giving a reason where
 * `TRILITE_TEST_REQUIRE=1` says that everything has to be there.
 */
export function skipUnless(present: boolean, missing: string): string | false {
  if (present) return false;
  if (REQUIRE_ALL) throw new Error(`${missing} (TRILITE_TEST_REQUIRE=1 does not allow skipping)`);
  return missing;
}

export interface RunningProgram {
  readonly process: ChildProcess;
  /** Everything it has printed so far. */
  output(): string;
  readonly exited: Promise<number | null>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a program that runs beside the test; it is killed at the latest when the test process ends. */
export function startProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): RunningProgram {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (data) => {
      output += data;
    });
  }
  const exited = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  exited.catch(() => {});
  return {
    process: child,
    output: () => output,
    exited,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

/** Runs a program to its end; resolves with its stdout, rejects with its output when it fails or hangs. */
export async function runProgram(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  timeoutMs = 60_000,
): Promise<string> {
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  running.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  try {
    const code = await new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', resolve);
    });
    if (code !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${code}: ${stdout}${stderr}`);
    return stdout;
  } finally {
    clearTimeout(timer);
    running.delete(child);
  }
}

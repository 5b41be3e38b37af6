/**
 * A process that the demo started. Its output comes out line by line under its name. It is in a process group of its
 * own, so that Ctrl-C reaches the launcher alone, which then ends everything in order; and it is on a leash
 * (`leash.cjs`), so that it ends with the launcher whatever becomes of that.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const LEASH = join(import.meta.dirname, 'leash.cjs');

export interface ChildSpec {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Gets each line of standard output; without it they are shown as those of standard error are. */
  readonly onOutput?: (line: string) => void;
}

export interface Child {
  readonly name: string;
  /** With the exit code, or the signal that ended it. */
  readonly ended: Promise<string>;
  /** Milliseconds since it was started. */
  age(): number;
  /** Asks it to end, and ends it after `graceMs`. Resolves when it is gone. */
  stop(graceMs: number): Promise<void>;
}

/** Names are as wide as the widest, so that lines stand below each other. */
const NAME_WIDTH = 'storefront'.length;

export function showLine(name: string, line: string): void {
  process.stderr.write(`${name.padEnd(NAME_WIDTH)} | ${line}\n`);
}

/** `--require` of a path with spaces has to be quoted. */
function leashed(options: string | undefined): string {
  const leash = `--require=${JSON.stringify(LEASH)}`;
  return options ? `${options} ${leash}` : leash;
}

function run(spec: ChildSpec): ChildProcess {
  const env = { ...process.env, ...spec.env, NODE_OPTIONS: leashed(process.env.NODE_OPTIONS) };
  return spawn(spec.command, spec.args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
}

/** To the child and to what it started: a Trilite that is being built is a shell and a compiler. */
function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal);
  } catch {
    // It is gone.
  }
}

export function startChild(spec: ChildSpec): Child {
  const startMs = performance.now();
  const child = run(spec);
  const show = (line: string) => showLine(spec.name, line);
  createInterface({ input: child.stdout! }).on('line', spec.onOutput ?? show);
  createInterface({ input: child.stderr! }).on('line', show);
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    // With its output read to the end, so that its own last words come first.
    child.on('close', (code, signal) => resolve(signal ?? `code ${code}`));
  });
  return {
    name: spec.name,
    ended,
    age: () => performance.now() - startMs,
    stop: async (graceMs) => {
      signalGroup(child, 'SIGTERM');
      const timer = setTimeout(() => signalGroup(child, 'SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
    },
  };
}

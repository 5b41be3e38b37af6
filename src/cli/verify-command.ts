/** The command that `trilite verify` runs: its output goes through, signals are passed on, its exit code counts. */

import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { inheritedEnvironment } from '../config.ts';
import { TriliteError } from '../model/errors.ts';

export interface Command {
  /** Its exit code; 128 and the number of the signal that ended it, 127 where it cannot be started. */
  readonly ended: Promise<number>;
  /** Ends it and all that it started. */
  stop(): Promise<void>;
}

const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const NOT_STARTED = 127;
const STOP_MAX_MS = 5000;

/** `stdout` says where its output goes: with `--json` ours is for the report alone. */
export function runCommand(
  argv: readonly string[],
  environment: Readonly<Record<string, string>>,
  stdout: 'inherit' | 'stderr',
  onError: (message: string) => void,
): Command {
  const [file, ...args] = argv;
  if (file === undefined) throw new TriliteError('bad_data', 'there is no command');
  const child = spawn(file, args, {
    stdio: ['inherit', stdout === 'inherit' ? 'inherit' : 2, 'inherit'],
    env: { ...inheritedEnvironment(), ...environment },
    detached: true,
  });
  const send = (signal: NodeJS.Signals) => {
    try {
      // The group: what npm and shells started has to hear of it too.
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  for (const signal of PASSED_ON) process.on(signal, send);
  const ended = new Promise<number>((resolve) => {
    child.on('error', (error) => {
      onError(`${file}: ${error.message}`);
      resolve(NOT_STARTED);
    });
    child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]));
  }).finally(() => {
    for (const signal of PASSED_ON) process.off(signal, send);
  });
  return {
    ended,
    stop: async () => {
      send('SIGTERM');
      const timer = setTimeout(() => send('SIGKILL'), STOP_MAX_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

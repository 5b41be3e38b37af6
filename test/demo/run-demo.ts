/** Runs the demo on free ports, quicker than it is for people, and tells of its processes. Linux' `/proc` is needed. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../support/poll.ts';
import { type RunningProgram, startProgram } from '../support/program.ts';

const LAUNCHER = path.join(import.meta.dirname, '../../demo/run.ts');
const FREE_PORTS = ['--http', '127.0.0.1:0', '--otlp-grpc', '127.0.0.1:0', '--shop-port', '0'];

/** A demo that takes longer to be up has failed. */
const UP_MAX_MS = 60_000;

export interface RunningDemo extends RunningProgram {
  /** Of Trilite and of the storefront. */
  readonly base: string;
  readonly storefront: string;
  /** Trilite and the three services. */
  readonly children: readonly number[];
  /** Where it keeps what is temporary. */
  readonly dir: string;
}

/** A process's state and parent; undefined when it is gone, or done and merely not collected by its parent. */
function processOf(pid: number): { parent: number; command: string } | undefined {
  try {
    const [state, parent] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    if (state === 'Z') return undefined;
    return { parent: Number(parent), command: fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8') };
  } catch {
    return undefined;
  }
}

export const isRunning = (pid: number) => processOf(pid) !== undefined;
export const commandOf = (pid: number) => processOf(pid)?.command ?? '';

export function childrenOf(pid: number): number[] {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((child) => processOf(child)?.parent === pid);
}

/** Resolves when it has said that the shop is open and all of its processes are there; rejects when it ends before. */
export async function startDemo(args: readonly string[] = []): Promise<RunningDemo> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-demo-test-'));
  const program = startProgram(process.execPath, [LAUNCHER, ...FREE_PORTS, ...args], { TMPDIR: dir });
  const found = await eventually(async () => {
    if (program.process.exitCode !== null) return undefined;
    const base = /the page +(http:\S+)\//.exec(program.output())?.[1];
    const storefront = /curl -s (\S+)\/buy/.exec(program.output())?.[1];
    const children = childrenOf(program.process.pid!);
    if (!base || !storefront || children.length < 4) throw new Error(`not up: ${program.output()}`);
    return { base, storefront, children };
  }, UP_MAX_MS);
  if (!found) {
    fs.rmSync(dir, { recursive: true, force: true });
    throw new Error(`ended with ${await program.exited}: ${program.output()}`);
  }
  return { ...program, ...found, dir };
}

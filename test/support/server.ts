/** Runs the built program as a process of its own, on free ports, for tests that need the real thing. */

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

const PROGRAM = path.join(import.meta.dirname, '../../bin/trilite');
/** A start that takes longer than this has failed. */
const START_MAX_MS = 30_000;

export interface ServerOptions {
  readonly dataDir: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Instead of the checkout's own. */
  readonly program?: string;
  /** A program that becomes the server, with its arguments. */
  readonly launcher?: readonly string[];
  /** Told of the process before it is ready, for tests that kill it while it starts. */
  readonly onSpawn?: (child: ChildProcess) => void;
}

export interface TestServer {
  readonly process: ChildProcess;
  /** `http://127.0.0.1:port`; of several the first that has no TLS, or `https` where all have it. */
  readonly base: string;
  /** `127.0.0.1:port` */
  readonly grpc: string;
  readonly readyLine: string;
  /** What went to stderr so far. */
  stderr(): string;
  /** Sends the signal and resolves with the exit code (null after a signal that kills). */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the server and resolves when it has printed its ready line. */
export async function startServer(options: ServerOptions): Promise<TestServer> {
  const args = [
    'serve',
    '--data',
    options.dataDir,
    '--http',
    '127.0.0.1:0',
    '--otlp-grpc',
    '127.0.0.1:0',
    ...(options.args ?? []),
  ];
  const [file, ...rest] = [...(options.launcher ?? []), options.program ?? PROGRAM, ...args];
  const child = spawn(file!, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...options.env },
  });
  running.add(child);
  options.onSpawn?.(child);
  let stderr = '';
  let stdout = '';
  child.stderr!.on('data', (data) => {
    stderr += data;
  });
  const exited = new Promise<number | null>((resolve) => {
    child.on('exit', (code) => {
      running.delete(child);
      resolve(code);
    });
  });
  const readyLine = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not ready: ${stderr}`)), START_MAX_MS);
    exited.then((code) => reject(new Error(`exited with ${code}: ${stderr}`)));
    child.stdout!.on('data', (data) => {
      stdout += data;
      const end = stdout.indexOf('\n');
      if (end < 0) return;
      clearTimeout(timer);
      resolve(stdout.slice(0, end));
    });
  });
  return {
    process: child,
    base: (/ (http:\/\/\S+)/.exec(readyLine) ?? / (https:\/\/\S+)/.exec(readyLine))![1]!,
    grpc: /grpcs?:\/\/(\S+)/.exec(readyLine)![1]!,
    readyLine,
    stderr: () => stderr,
    stop: (signal = 'SIGTERM') => {
      child.kill(signal);
      return exited;
    },
  };
}

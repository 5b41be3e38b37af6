/** What a process on this machine uses, by Linux' /proc: CPU of all its threads, memory now and at its peak. */

import { readFileSync } from 'node:fs';
import { SystemError } from './system-error.ts';

/** Ticks per second in /proc/PID/stat; Linux has had 100 for user space on every architecture for ever. */
const TICKS_PER_SECOND = 100;
/** After the command's closing parenthesis: fields 14 and 15 of the line, utime and stime. */
const UTIME_INDEX = 11;
const KIB = 1024;

export interface MemoryUse {
  readonly residentBytes: number;
  /** Since the process began. */
  readonly peakBytes: number;
}

/** CPU seconds since their begin, summed over processes. Throws `SystemError` where a process has ended. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) ticks += statTicks(processFile(pid, 'stat'));
  return ticks / TICKS_PER_SECOND;
}

/** utime + stime of a line of /proc/PID/stat. The command may hold spaces and parentheses: the last one closes it. */
export function statTicks(line: string): number {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  return Number(fields[UTIME_INDEX]) + Number(fields[UTIME_INDEX + 1]);
}

/** Memory summed over processes; the peaks need not have been at the same time. */
export function memoryUse(pids: readonly number[]): MemoryUse {
  let residentBytes = 0;
  let peakBytes = 0;
  for (const pid of pids) {
    const status = processFile(pid, 'status');
    residentBytes += kilobytes(status, 'VmRSS') * KIB;
    peakBytes += kilobytes(status, 'VmHWM') * KIB;
  }
  return { residentBytes, peakBytes };
}

function processFile(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'latin1');
  } catch (error) {
    throw new SystemError(`process ${pid} cannot be measured: ${(error as Error).message}`);
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}

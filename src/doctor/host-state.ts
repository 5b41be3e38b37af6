/** The machine as Linux tells of it; what cannot be read, elsewhere all of it, is undefined. */

import { existsSync } from 'node:fs';
import { readdir, readFile, statfs } from 'node:fs/promises';
import { availableParallelism, loadavg } from 'node:os';
import { resolve } from 'node:path';
import type { HostState } from './snapshot.ts';

const CONTAINER_MARKS: readonly string[] = ['/.dockerenv', '/run/.containerenv'];

export async function hostState(dataDir: string, memoryBytes: number): Promise<HostState> {
  const [stat, limits, files, cgroup, mounts, disk] = await Promise.all([
    textOf('/proc/stat'),
    textOf('/proc/self/limits'),
    readdir('/proc/self/fd').catch(() => undefined),
    textOf('/sys/fs/cgroup/cpu.stat'),
    textOf('/proc/self/mountinfo'),
    statfs(dataDir).catch(() => undefined),
  ]);
  const openFilesMax = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1]);
  return {
    cores: availableParallelism(),
    load1: process.platform === 'win32' ? undefined : loadavg()[0],
    stealShare: stealShare(stat),
    throttledShare: throttledShare(cgroup),
    memoryBytes,
    residentBytes: process.memoryUsage.rss(),
    openFiles: files?.length,
    openFilesMax: Number.isNaN(openFilesMax) ? undefined : openFilesMax,
    disk: disk && { freeBytes: disk.bavail * disk.bsize, totalBytes: disk.blocks * disk.bsize },
    fileSystem: fileSystemOf(resolve(dataDir), mounts),
    isContainer: CONTAINER_MARKS.some((mark) => existsSync(mark)),
  };
}

function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

/** `cpu  user nice system idle iowait irq softirq steal …`, in ticks since the machine's start. */
export function stealShare(stat: string): number | undefined {
  const ticks = /^cpu\s+(.*)$/m.exec(stat)?.[1]?.trim().split(/\s+/).map(Number);
  if (!ticks || ticks.length < 8) return undefined;
  // What guests take is in user time already.
  const all = ticks.slice(0, 8).reduce((sum, n) => sum + n, 0);
  return all === 0 ? undefined : ticks[7]! / all;
}

export function throttledShare(cgroup: string): number | undefined {
  const number = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(cgroup)?.[1]);
  const [periods, throttled] = [number('nr_periods'), number('nr_throttled')];
  return periods > 0 ? throttled / periods : undefined;
}

/** Of the mount with the longest path that leads to the folder; of two at one path the later counts. */
export function fileSystemOf(folder: string, mountinfo: string): string | undefined {
  let best = { length: -1, type: undefined as string | undefined };
  for (const line of mountinfo.split('\n')) {
    const [mount, device] = line.split(' - ');
    const path = mount?.split(' ')[4]?.replaceAll('\\040', ' ');
    if (path === undefined || device === undefined) continue;
    const leads = path === '/' || folder === path || folder.startsWith(`${path}/`);
    if (leads && path.length >= best.length) best = { length: path.length, type: device.split(' ', 1)[0] };
  }
  return best.type;
}

/**
 * Bytes on disk of a data directory, and finding that directory from the files that a process has open.
 *
 * A file counts with its size or its allocated blocks, whichever is less: a sparse file takes no more than its blocks,
 * and a file system may set blocks aside that the file does not fill.
 */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const BLOCK_BYTES = 512;
/** Open modes of fcntl.h: the low two bits of an open file's flags. */
const ACCESS_MASK = 3;
/** stdin, stdout and stderr may be files without being data. */
const FIRST_OWN_FD = 3;

/** Bytes of everything below `dir`. A file that goes away meanwhile is not counted; 0 where `dir` is not there. */
export async function directoryBytes(dir: string): Promise<number> {
  let total = 0;
  const folders = [dir];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) total += await fileBytes(path);
    }
  }
  return total;
}

async function fileBytes(path: string): Promise<number> {
  try {
    const { size, blocks } = await lstat(path);
    return Math.min(size, blocks * BLOCK_BYTES);
  } catch {
    return 0;
  }
}

/**
 * The folder that holds every file which the processes have open for writing or mapped for others to see. Undefined where that is not clear: none
 * is open, or they have nothing in common but a folder that others use as well.
 */
export function dataDirOf(pids: readonly number[]): string | undefined {
  let common: string | undefined;
  for (const file of pids.flatMap((pid) => [...writableFiles(pid), ...sharedMappings(pid)])) {
    const folder = dirname(file);
    common = common === undefined ? folder : commonFolder(common, folder);
  }
  const shared = ['/', '/tmp', '/var', '/var/lib', '/var/log', '/home', '/root', '/srv', '/opt'];
  return common === undefined || [...shared, tmpdir(), homedir()].includes(common) ? undefined : common;
}

function writableFiles(pid: number): string[] {
  const found: string[] = [];
  let names: string[];
  try {
    names = readdirSync(`/proc/${pid}/fd`);
  } catch {
    return [];
  }
  for (const name of names) {
    if (Number(name) < FIRST_OWN_FD) continue;
    try {
      const path = readlinkSync(`/proc/${pid}/fd/${name}`);
      const info = readFileSync(`/proc/${pid}/fdinfo/${name}`, 'latin1');
      const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
      if (isOrdinary(path) && (flags & ACCESS_MASK) !== 0) found.push(path);
    } catch {
      // Closed meanwhile.
    }
  }
  return found;
}

/** Files that are mapped and written through: their descriptors may have been closed long ago. */
function sharedMappings(pid: number): string[] {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'latin1');
    return [...maps.matchAll(/ .w.s \S+ \S+ \d+ +(\/.*)$/gm)].map((m) => m[1]!).filter(isOrdinary);
  } catch {
    return [];
  }
}

function isOrdinary(path: string): boolean {
  return path.startsWith('/') && !/^\/(dev|proc|sys|run)\//.test(path) && !path.endsWith(' (deleted)');
}

export function commonFolder(a: string, b: string): string {
  const [x, y] = [a.split('/'), b.split('/')];
  let n = 0;
  while (n < x.length && n < y.length && x[n] === y[n]) n++;
  return x.slice(0, n).join('/') || '/';
}

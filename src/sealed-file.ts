/**
 * Opening one database file to show it: read-only, at its own time. A file that is whole in itself (an incident file, a backup)
 * is read where it lies, and nothing is written in it or beside it, so that it may be on a medium that cannot be written. Any
 * other (one of an older format, or of a data directory, with SQLite's log beside it) is copied to a temporary directory first and
 * brought into that form there.
 */

import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type Clock, systemClock } from './base/clock.ts';
import { jaegerPorts, NO_JAEGER } from './config/jaeger-ports.ts';
import { type Config, DEFAULT_CONFIG, MEMORY_DATA_DIR } from './config/settings.ts';
import { openLocalEngine } from './local-engine.ts';
import { type Running, type SealedFile, type StartOptions, start } from './main.ts';
import { TriliteError } from './model/errors.ts';
import { openStorage } from './storage/engine.ts';
import { databaseAddon } from './storage/sqlite/addon.ts';
import { blockReader } from './storage/sqlite/block-table.ts';
import { openForReading } from './storage/sqlite/database.ts';
import { refuseNewerVersion } from './storage/sqlite/file-version.ts';
import { readIncident } from './storage/sqlite/incident-setting.ts';
import { isLocked } from './storage/sqlite/inspect.ts';
import { SCHEMA_VERSION } from './storage/sqlite/schema.ts';
import { sealDatabase } from './storage/sqlite/seal.ts';

const DATABASE_FILE = 'trilite.db';
const HEADER_BYTES = 100;
/** Of SQLite's header: which journal it goes by (2: a WAL), and how many pages there are of which size. */
const JOURNAL_AT = 18;
const PAGE_BYTES_AT = 16;
const PAGES_AT = 28;
const WAL_JOURNAL = 2;

export interface OpenedFile extends SealedFile {
  /** Removes the copy, where one was made. */
  close(): void;
}

/**
 * `path` is a database file or the directory of one. Throws `TriliteError` where there is none, a server runs on it, it is
 * damaged, or a newer version of Trilite wrote it.
 */
export async function openSealed(path: string): Promise<OpenedFile> {
  const file = fs.existsSync(path) && fs.statSync(path).isDirectory() ? join(path, DATABASE_FILE) : path;
  if (!fs.existsSync(file)) throw new TriliteError('bad_data', `there is no database at ${file}`);
  refuseNewerVersion(file);
  checkLength(file);
  const title = basename(file) === DATABASE_FILE ? file : basename(file);
  try {
    if (isWhole(file)) return { path: file, title, ...windowOf(file), close: () => {} };
    return await openCopy(file, title);
  } catch (error) {
    if (error instanceof TriliteError) throw error;
    throw new TriliteError('internal', `${file} cannot be read, it is damaged: ${(error as Error).message}`);
  }
}

/** Runs a server on the file. `config` says where it listens and who may ask; what it says of taking data in is not heeded. */
export function startSealed(
  file: SealedFile,
  config: Config,
  options: Omit<StartOptions, 'openEngine' | 'sealed' | 'clock'> = {},
): Promise<Running> {
  const { load } = options;
  return start(sealedConfig(config), {
    ...options,
    ...(load && { load: async () => sealedConfig(await load()) }),
    openEngine: openLocalEngine,
    sealed: file,
    clock: clockAt(file.endMs),
  });
}

/** Stands at the window's end; durations and timers go on. */
function clockAt(ms: number): Clock {
  return { ...systemClock, now: () => ms };
}

/** Without all that takes in, makes, sends or removes data. */
function sealedConfig(config: Config): Config {
  const { scrapeConfigs, scrapeFiles, ruleSources, alerting, remoteWrites, tail, tailSampling, operator } =
    DEFAULT_CONFIG;
  return {
    ...config,
    ...{ scrapeConfigs, scrapeFiles, ruleSources, alerting, remoteWrites, tail, tailSampling, operator },
    dataDir: MEMORY_DATA_DIR,
    jaegerHttp: jaegerPorts(config.jaeger, config.jaegerHttp).query ?? null,
    jaeger: NO_JAEGER,
    zipkin: [],
    retentionMs: { metrics: 0, logs: 0, traces: 0 },
    retention: DEFAULT_CONFIG.retention,
    metricsGenerator: { ...config.metricsGenerator, processors: [] },
    selfScrape: false,
    enableAdminApi: false,
  };
}

/** A copy that broke off has fewer bytes than its first page says. */
function checkLength(file: string): void {
  const header = headerOf(file);
  const pageBytes = header.readUInt16BE(PAGE_BYTES_AT);
  const bytes = header.readUInt32BE(PAGES_AT) * (pageBytes === 1 ? 65_536 : pageBytes);
  const { size } = fs.statSync(file);
  if (header.toString('latin1', 0, 15) !== 'SQLite format 3')
    throw new TriliteError('bad_data', `${file} is no database`);
  if (size < bytes)
    throw new TriliteError('internal', `${file} is damaged: it has ${size} bytes of ${bytes}, copy it again`);
}

function headerOf(file: string): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = fs.openSync(file, 'r');
  try {
    fs.readSync(handle, header, 0, HEADER_BYTES, 0);
    return header;
  } finally {
    fs.closeSync(handle);
  }
}

/** Whether everything is in blocks of the newest format, and SQLite needs no file beside this one to read them. */
function isWhole(file: string): boolean {
  if (headerOf(file)[JOURNAL_AT] === WAL_JOURNAL || fs.existsSync(`${file}-wal`)) return false;
  const db = openForReading(file, databaseAddon());
  try {
    if (db.pragma('user_version', { simple: true }) !== SCHEMA_VERSION) return false;
    return db.prepare('SELECT count(*) FROM wal').pluck().get() === 0;
  } finally {
    db.close();
  }
}

async function openCopy(file: string, title: string): Promise<OpenedFile> {
  if (isLocked(file))
    throw new TriliteError('bad_data', `a server runs on ${file}: ask that one, or take a snapshot of it`);
  const folder = fs.mkdtempSync(join(tmpdir(), 'trilite-shown-'));
  const close = () => fs.rmSync(folder, { recursive: true, force: true });
  process.once('exit', close);
  try {
    const copy = join(folder, DATABASE_FILE);
    for (const suffix of ['', '-wal']) {
      if (!fs.existsSync(file + suffix)) continue;
      fs.copyFileSync(file + suffix, copy + suffix, fs.constants.COPYFILE_FICLONE);
      fs.chmodSync(copy + suffix, 0o600);
    }
    await makeWhole(copy);
    return { path: copy, title, ...windowOf(copy), close };
  } catch (error) {
    close();
    throw error;
  }
}

/** Brings a file that no server runs on into the form that is shown where it lies. */
export async function makeWhole(path: string): Promise<void> {
  const nativeBinding = databaseAddon();
  const storage = await openStorage({ path, nativeBinding, durability: 'process', retentionMs: {} });
  // Writes to blocks what the log has.
  await storage.close();
  fs.rmSync(`${path}.lock`, { force: true });
  sealDatabase(path, nativeBinding);
}

/** What the file says of itself, or the times of what is in it. */
function windowOf(file: string): { startMs: number; endMs: number } {
  const db = openForReading(file, databaseAddon());
  try {
    const note = readIncident(db);
    if (note) return { startMs: note.startMs, endMs: note.endMs };
    const blocks = blockReader(db).all();
    if (blocks.length === 0) return { startMs: 0, endMs: Date.now() };
    const startMs = blocks.reduce((least, b) => Math.min(least, b.minMs), Number.POSITIVE_INFINITY);
    // Ends of ranges are exclusive in some of the APIs: the newest item shall be before it.
    return { startMs, endMs: 1 + blocks.reduce((most, b) => Math.max(most, b.maxMs), 0) };
  } finally {
    db.close();
  }
}

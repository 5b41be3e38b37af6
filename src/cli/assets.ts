/**
 * What the single executable carries, compressed: bundles, which run from memory, and the database addon, which the
 * system loads from a file only. That may lie beside the executable, as in the image; else it is written:
 *
 *   TMPDIR/trilite-UID/better-sqlite3-HASH.node
 *
 * The folder is this user's alone. A file that is already there is used when its bytes are the right ones.
 */

import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getAsset, getRawAsset } from 'node:sea';
import { Script } from 'node:vm';
import { zstdDecompressSync } from 'node:zlib';
import { ConfigError } from '../config/config-error.ts';

const ADDON = 'better-sqlite3.node';
const HASH_DIGITS = 16;
/** Nobody but the owner may look or write. */
const PRIVATE_MODE = 0o700;
const OTHERS_MODE = 0o077;

/** An asset that is packed with zstd. */
function unpack(name: string): Buffer {
  return zstdDecompressSync(new Uint8Array(getRawAsset(name)));
}

/** Runs the CommonJS bundle called `name` and returns its exports. The bundler calls this once per bundle. */
export function requireAsset(name: string): unknown {
  // Bundles are pure ASCII, and a string that is known to be takes half the memory.
  const script = new Script(unpack(name).toString('latin1'), {
    filename: name,
    cachedData: unpack(`${name}.cache`),
  });
  const module = { exports: {} };
  const { execPath } = process;
  script.runInThisContext()(module.exports, createRequire(execPath), module, execPath, dirname(execPath));
  return module.exports;
}

/** A worker's source: runs the bundle called `name` with the worker's own `require`. */
export function workerCode(name: string): string {
  return `'use strict';
const { getRawAsset } = require('node:sea');
const { Script } = require('node:vm');
const { zstdDecompressSync } = require('node:zlib');
const unpack = (name) => zstdDecompressSync(new Uint8Array(getRawAsset(name)));
new Script(unpack('${name}').toString('latin1'), { filename: '${name}', cachedData: unpack('${name}.cache') })
  .runInThisContext()(exports, require, module, __filename, __dirname);`;
}

/** A file of the web page; undefined where there is none. */
export function pageAsset(name: string): Uint8Array | undefined {
  try {
    return new Uint8Array(getRawAsset(`ui/${name}`));
  } catch {
    return undefined;
  }
}

/** The path of the addon, written where it is missing and loaded once. Throws `ConfigError` where it cannot be. */
export function addonFile(): string {
  try {
    const file = writeAddon();
    // A file system that forbids execution shows here.
    createRequire(process.execPath)(file);
    return file;
  } catch (error) {
    throw new ConfigError(
      `TMPDIR, ${tmpdir()}, must allow writing and running the database addon: ${(error as Error).message}`,
    );
  }
}

function writeAddon(): string {
  const hash = getAsset(`${ADDON}.sha256`, 'utf8');
  const beside = join(dirname(process.execPath), ADDON);
  if (holds(beside, hash)) return beside;
  const file = join(privateFolder(), `better-sqlite3-${hash.slice(0, HASH_DIGITS)}.node`);
  if (holds(file, hash)) return file;
  // Written under another name first: two programs that start at a time never see half a file.
  const part = `${file}.${process.pid}`;
  writeFileSync(part, unpack(ADDON), { mode: PRIVATE_MODE });
  renameSync(part, file);
  return file;
}

/** This user's folder, the same at every start; where somebody else could write there, one of this process' own. */
function privateFolder(): string {
  const folder = join(tmpdir(), `trilite-${process.getuid?.()}`);
  try {
    makeFolder(tmpdir());
    makeFolder(folder, PRIVATE_MODE);
    const found = lstatSync(folder);
    if (found.isDirectory() && found.uid === process.getuid?.() && (found.mode & OTHERS_MODE) === 0)
      return folder;
  } catch {
    // A file in its place, say.
  }
  const own = mkdtempSync(`${folder}-`);
  process.once('exit', () => rmSync(own, { recursive: true, force: true }));
  return own;
}

/** Not the recursive call: that one tries for ever where the system says that there is no such folder. */
function makeFolder(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, { mode });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Whether the file's bytes have that SHA-256. */
function holds(file: string, sha256: string): boolean {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex') === sha256;
  } catch {
    return false;
  }
}

/**
 * Loads what a sink is made of. From a checkout that is a module like any other. From a package it is a bundle, which
 *
 * - is loaded by Node itself even where a test runner (Jest) has put a loader and globals of its own in the place of Node's: the
 *   server runs as it does by itself, and files of tests that run one after another share its code;
 * - brings its compiled code along, which a process that starts for a few tests has no time to make. Node's own cache would also
 *   keep the code of the tests, whose coverage it makes less exact.
 */

import { lstatSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Script } from 'node:vm';

type Library = typeof import('./start.ts');

/** What of the bundle is wanted here (`src/program.ts`). */
interface Program {
  loadSink(): Promise<Library>;
}

/** Set by the bundler: the folder of the bundles. */
declare const TRILITE_BUNDLE_DIR: string | undefined;

const BUNDLE = 'program.cjs';
/** Most of what a start needs is compiled when it has happened. */
const KEEP_AFTER_MS = 1000;

export async function loadLibrary(): Promise<Library> {
  if (typeof TRILITE_BUNDLE_DIR === 'undefined') return import('./start.ts');
  return loadBundle(join(TRILITE_BUNDLE_DIR, BUNDLE)).loadSink();
}

function loadBundle(file: string): Program {
  // Node's own, and not that of a sandbox.
  const modules = process.getBuiltinModule?.('node:module') ?? { createRequire, Module };
  const require = modules.createRequire(file);
  const loaded = require.cache?.[file];
  if (loaded) return loaded.exports as Program;
  const cache = codeCacheFile(file);
  const cachedData = cache === undefined ? undefined : readIfThere(cache);
  const script = new Script(modules.Module.wrap(readFileSync(file, 'utf8')), {
    filename: file,
    cachedData,
  });
  const module = { exports: {} as Program };
  const run = script.runInThisContext() as (...given: unknown[]) => void;
  run.call(module.exports, module.exports, require, module, file, dirname(file));
  if (require.cache) require.cache[file] = module as NodeJS.Module;
  if (cache && (!cachedData || script.cachedDataRejected)) keepCode(script, cache);
  return module.exports;
}

function keepCode(script: Script, cache: string): void {
  setTimeout(() => {
    try {
      const whole = `${cache}.${process.pid}`;
      writeFileSync(whole, script.createCachedData());
      renameSync(whole, cache);
    } catch {
      // The next process compiles again.
    }
  }, KEEP_AFTER_MS).unref();
}

/** Of this build of this bundle, in a folder that nobody else can write to; undefined where there is none such. */
function codeCacheFile(file: string): string | undefined {
  try {
    const { mtimeMs, size } = statSync(file);
    const owner = process.getuid?.() ?? 0;
    const folder = join(tmpdir(), `trilite-code-${owner}`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    const isOurs = uid === owner && (mode & 0o170077) === 0o040000;
    if (!isOurs) return undefined;
    return join(folder, `${process.version}-${process.arch}-${size}-${Math.round(mtimeMs)}.bin`);
  } catch {
    return undefined;
  }
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

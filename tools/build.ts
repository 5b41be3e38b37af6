/**
 * Builds `dist/`: CommonJS bundles, since they load faster than modules do.
 *
 *   main.cjs       turns on the compile cache and loads the program
 *   program.cjs    the program, and what the library loads
 *   writer.cjs     the writer thread       reader.cjs  a reader thread
 *   tail.cjs       the tail thread         config.cjs  reads the configuration again
 *   remote.cjs     the thread that sends metrics on
 *   bcrypt.cjs     the thread that compares passwords with hashes
 *   index.cjs      the library: what starts a thread and loads the program (index.mjs is the same as a module, index.d.ts its types)
 *   matchers.cjs   matchers for Jest and Vitest           assert.cjs  the same for node:test
 *   compared-side.cjs  PromQL's grammar for a message of theirs
 *   <package>.cjs  packages that are loaded only when they are used
 *   ui/            the web page (build-page.ts)
 *
 * The database addon stays outside: it comes with a binary.
 */

import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { bundleMatcherTypes } from './build-matcher-types.ts';
import { buildPage } from './build-page.ts';
import { bundleTypes } from './build-types.ts';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const DIST = join(ROOT, 'dist');
/** Built here and then moved, so that a broken-off build leaves the last one whole. */
const STAGE = join(ROOT, 'node_modules', `.trilite-build-${process.pid}`);

/** Loaded when they are used: each is a bundle of its own. */
export const LAZY_PACKAGES: Readonly<Record<string, string>> = {
  '@grpc/grpc-js': 'grpc-js',
  jmespath: 'jmespath',
  ws: 'ws',
  yaml: 'yaml',
};

/** The threads beside the front. */
export const WORKER_ENTRIES: Readonly<Record<string, string>> = {
  writer: 'src/storage/sqlite/writer-entry.ts',
  reader: 'src/query/reader-entry.ts',
  tail: 'src/query/logs/live/tail-entry.ts',
  remote: 'src/remote/write/write-entry.ts',
  config: 'src/config-entry.ts',
  bcrypt: 'src/access/bcrypt-entry.ts',
};
const ENTRIES: Readonly<Record<string, string>> = {
  program: 'src/program.ts',
  index: 'src/index.ts',
  matchers: 'src/library/matchers/matchers.ts',
  assert: 'src/library/matchers/assert.ts',
  'compared-side': 'src/library/matchers/compared-side.ts',
  ...WORKER_ENTRIES,
};

/** PromQL's grammar, which few messages need, is there once for both faces of the matchers. */
const comparedSide: Plugin = {
  name: 'compared-side',
  setup(context) {
    context.onResolve({ filter: /\/compared-side\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './compared-side.cjs', external: true } : undefined,
    );
  },
};

/** The library's entry finds the rest beside it by itself (`src/library/load-library.ts`). */
const loadedLibrary: Plugin = {
  name: 'loaded-library',
  setup(context) {
    context.onResolve({ filter: /^\.\/start\.ts$/ }, ({ kind }) =>
      kind === 'dynamic-import' ? { path: './program.cjs', external: true } : undefined,
    );
  },
};

const lazyPackages: Plugin = {
  name: 'lazy-packages',
  setup(context) {
    const names = Object.keys(LAZY_PACKAGES).map((n) => n.replaceAll('/', '\\/'));
    context.onResolve({ filter: new RegExp(`^(${names.join('|')})$`) }, ({ path, kind }) =>
      kind === 'entry-point' ? undefined : { path: `./${LAZY_PACKAGES[path]}.cjs`, external: true },
    );
  },
};

/**
 * The regular expression engine is inlined but evaluated when the first pattern needs it: its tables cost 15 ms of
 * start and 7 MB, and a front that matches no pattern never needs them.
 */
const deferredRegex: Plugin = {
  name: 'deferred-regex',
  setup(context) {
    const namespace = 'deferred';
    context.onResolve({ filter: /^re2js$/ }, ({ namespace: from, path }) =>
      from === namespace ? undefined : { path, namespace },
    );
    context.onLoad({ filter: /^re2js$/, namespace }, () => ({
      resolveDir: ROOT,
      contents: `
        let engine;
        const load = () => (engine ??= require('re2js').RE2JS);
        export const RE2JS = new Proxy({}, { get: (_, name) => load()[name] });
      `,
    }));
  },
};

const SHARED: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: 'node22',
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // The HTTP library's own logger is off and never loaded.
  external: ['better-sqlite3', 'pino'],
  // The library loads its bundle as a script, for which `import()` is an experiment that Node warns of.
  supported: { 'dynamic-import': false },
  define: { TRILITE_BUNDLE_DIR: '__dirname', 'import.meta.url': '__filename' },
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: 'linked',
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
};

/** In words that any Node reads: one that is too old says so instead of stumbling over the program. */
const LOADER = `'use strict';
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 15)) {
  console.error('trilite: Node.js ' + process.version + ' is too old; version 22.15 or later is needed');
  process.exit(1);
}
require('node:module').enableCompileCache();
require('./program.cjs').runProgram();
`;

/** The library as a module: one copy of it, however it is loaded. */
const MODULE_FACE = `import library from './index.cjs';
export const { startTrilite } = library;
`;

/** Bundles source files, given as bundle name → path from the root, into `outdir`. */
export async function bundle(
  outdir: string,
  entries: Readonly<Record<string, string>>,
  options: BuildOptions = {},
): Promise<void> {
  const entryPoints = Object.fromEntries(
    Object.entries(entries)
      .map(([name, path]) => [name, join(ROOT, path)] as const)
      .filter(([, path]) => existsSync(path)),
  );
  const plugins = [deferredRegex, ...(options.plugins ?? [])];
  await build({ ...SHARED, ...options, plugins, outdir, entryPoints });
}

export async function bundlePackages(outdir: string): Promise<void> {
  const packages = Object.entries(LAZY_PACKAGES).map(([name, file]) => ({ in: name, out: file }));
  await build({ ...SHARED, outdir, entryPoints: packages, sourcemap: false });
}

async function main(): Promise<void> {
  const startedAt = new Date();
  const version = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string })
    .version;
  const stated = /VERSION = '([^']+)'/.exec(readFileSync(join(ROOT, 'src/version.ts'), 'utf8'))?.[1];
  if (stated !== version) throw new Error(`src/version.ts says ${stated}, package.json ${version}`);
  rmSync(STAGE, { recursive: true, force: true });
  mkdirSync(STAGE);
  await bundle(STAGE, ENTRIES, { plugins: [lazyPackages, loadedLibrary, comparedSide] });
  writeFileSync(join(STAGE, 'index.mjs'), MODULE_FACE);
  await bundleTypes(ROOT, join(STAGE, 'index.d.ts'));
  bundleMatcherTypes(ROOT, STAGE);
  await bundlePackages(STAGE);
  await buildPage(ROOT, join(STAGE, 'ui'));
  const loader = join(STAGE, 'main.cjs');
  writeFileSync(loader, LOADER);
  // As old as what was read: a source that changed meanwhile is newer, and the next start builds again.
  utimesSync(loader, startedAt, startedAt);
  publish();
}

/** Puts the new build in the place of the last one; of two builders at a time, the first one wins. */
function publish(): void {
  const last = `${STAGE}-last`;
  try {
    if (existsSync(DIST)) renameSync(DIST, last);
    renameSync(STAGE, DIST);
  } catch (error) {
    if (!existsSync(join(DIST, 'main.cjs'))) throw error;
  } finally {
    rmSync(last, { recursive: true, force: true });
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } finally {
    rmSync(STAGE, { recursive: true, force: true });
  }
}

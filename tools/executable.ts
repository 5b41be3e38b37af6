/**
 * `node tools/executable.ts [OUT]`: puts the program into one file, `dist/trilite` where nothing else is said. It is
 * the Node that runs this tool with a blob in it:
 *
 *   main bundle ── run by Node at start, with its code cache
 *   assets ─────── writer, reader, tail, config, grpc-js, ws, yaml: bundles wrapped in a function, each with a code cache
 *                  ui/…: the web page, compressed
 *                  better-sqlite3.node: the database addon
 *
 * Bundles carry everything that they import; nothing is read from a folder of packages.
 */

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { Script } from 'node:vm';
import type { BuildOptions, Plugin } from 'esbuild';
import { bundle, bundlePackages, LAZY_PACKAGES, ROOT, WORKER_ENTRIES } from './build.ts';
import { buildPage } from './build-page.ts';

/** Node looks for the blob under this name … */
const BLOB_NAME = 'NODE_SEA_BLOB';
/** … when this mark in its binary has been flipped. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const ADDON = 'better-sqlite3.node';
const MODULE_PARAMETERS = 'exports, require, module, __filename, __dirname';

type Inject = (file: string, name: string, blob: Buffer, options: { sentinelFuse: string }) => Promise<void>;

/** Packages that are loaded when they are used come from the executable's assets. */
const packagesFromAssets: Plugin = {
  name: 'packages-from-assets',
  setup(context) {
    const names = Object.keys(LAZY_PACKAGES).join('|');
    context.onResolve({ filter: new RegExp(`^(${names})$`) }, ({ path }) => ({
      path: `${LAZY_PACKAGES[path]}.cjs`,
      namespace: 'asset',
    }));
    context.onLoad({ filter: /.*/, namespace: 'asset' }, ({ path }) => ({
      contents: `module.exports = require('./src/cli/assets.ts').requireAsset('${path}');`,
      resolveDir: ROOT,
    }));
  },
};

async function makeBundles(folder: string): Promise<void> {
  const alone: BuildOptions = { external: ['pino'], sourcemap: false };
  await bundle(folder, WORKER_ENTRIES, alone);
  await bundlePackages(folder);
  await buildPage(ROOT, join(folder, 'ui'));
  await bundle(
    folder,
    { main: 'src/cli/executable.ts' },
    {
      ...alone,
      plugins: [packagesFromAssets],
      // The `require` that Node gives an embedded program knows Node's own modules only, no addon.
      banner: { js: "require = require('node:module').createRequire(__filename);" },
    },
  );
}

/** Wraps a bundle in a module function and compiles it; both files become assets. */
function wrap(folder: string, name: string): Record<string, string> {
  const file = join(folder, name);
  const wrapped = `(function (${MODULE_PARAMETERS}) {${readFileSync(file, 'utf8')}\n})`;
  writeFileSync(file, wrapped);
  writeFileSync(`${file}.cache`, new Script(wrapped, { filename: name }).createCachedData());
  return { [name]: name, [`${name}.cache`]: `${name}.cache` };
}

/** Of what is there compressed, that form alone: whoever wants the other gets it unpacked. */
function pageAssets(folder: string): Record<string, string> {
  const names = readdirSync(join(folder, 'ui'));
  const kept = names.filter((name) => !names.includes(`${name}.gz`));
  return Object.fromEntries(kept.map((name) => [`ui/${name}`, `ui/${name}`]));
}

/** The addon that was built for this Node's platform and C library. */
function addonPath(): string {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const platform = header.glibcVersionRuntime ? 'linux' : 'linuxmusl';
  const home = dirname(createRequire(import.meta.url).resolve('better-sqlite3/package.json'));
  return join(home, 'prebuilds', `${platform}-${process.arch}.node`);
}

/** Paths are relative to `folder`: Node keeps the name of the main bundle in the blob. */
function makeBlob(folder: string): Buffer {
  const names = [...Object.keys(WORKER_ENTRIES), ...Object.values(LAZY_PACKAGES)].map(
    (name) => `${name}.cjs`,
  );
  const config = {
    main: 'main.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.assign(
      { [ADDON]: addonPath() },
      pageAssets(folder),
      ...names.map((name) => wrap(folder, name)),
    ),
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  execFileSync(process.execPath, ['--experimental-sea-config', 'config.json'], {
    cwd: folder,
    stdio: 'pipe',
  });
  return readFileSync(join(folder, config.output));
}

/** Leaves out debug information and symbols, a seventh of the file, where binutils are installed. */
function strip(file: string): void {
  try {
    execFileSync('strip', [file], { stdio: 'ignore' });
  } catch {
    console.error('strip did not work here: the executable keeps the debug information of Node');
  }
}

async function main(out: string): Promise<void> {
  if (process.platform !== 'linux') throw new Error('the single executable is built on Linux only');
  const { inject } = createRequire(import.meta.url)('postject') as { inject: Inject };
  mkdirSync(dirname(out), { recursive: true });
  // Beside its place, so that the last step is a rename.
  const folder = mkdtempSync(`${out}-build-`);
  try {
    await makeBundles(folder);
    const blob = makeBlob(folder);
    const file = join(folder, 'trilite');
    copyFileSync(process.execPath, file);
    chmodSync(file, 0o755);
    strip(file);
    await inject(file, BLOB_NAME, blob, { sentinelFuse: FUSE });
    renameSync(file, out);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

await main(resolve(process.argv[2] ?? join(ROOT, 'dist/trilite')));

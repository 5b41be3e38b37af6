/**
 * `node tools/executable.ts [--addon-beside] [OUT]`: puts the program into one file, `dist/trilite` where nothing else is
 * said. It is the Node that runs this tool with a blob in it:
 *
 *   main bundle ── run by Node at start; unpacks what follows
 *   assets ─────── program, writer, reader, tail, remote, config, grpc-js, jmespath, ws, yaml: bundles wrapped in a function,
 *                  each with a code cache, under zstd
 *                  ui/…: the web page, compressed
 *                  better-sqlite3.node: the database addon, under zstd, and its SHA-256; the latter alone where the addon is to
 *                  lie beside the executable
 *
 * Bundles carry everything that they import; nothing is read from a folder of packages.
 */

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
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
import { parseArgs } from 'node:util';
import { Script } from 'node:vm';
import { constants, zstdCompressSync } from 'node:zlib';
import type { BuildOptions, Plugin } from 'esbuild';
import { bundle, bundlePackages, LAZY_PACKAGES, ROOT, WORKER_ENTRIES } from './build.ts';
import { buildPage } from './build-page.ts';

/** Node looks for the blob under this name … */
const BLOB_NAME = 'NODE_SEA_BLOB';
/** … when this mark in its binary has been flipped. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';
const ADDON = 'better-sqlite3.node';
/** Unpacking takes as long at any level; the highest saves 260 kB more and takes three times as long. */
const PACK_LEVEL = 12;
/** Offsets in the header of a 64-bit ELF file; of a program header, 8 has the offset of its bytes, 32 their length. */
const ELF = {
  headersAt: 32,
  sectionsAt: 40,
  headerSizeAt: 54,
  headerCountAt: 56,
  sectionCountAt: 60,
} as const;
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
  // What runs from memory has no loader of modules: those of Node's own that are loaded late are required.
  const supported = { 'dynamic-import': false };
  const alone: BuildOptions = { external: ['pino'], sourcemap: false, supported };
  await bundle(folder, WORKER_ENTRIES, alone);
  await bundlePackages(folder);
  await buildPage(ROOT, join(folder, 'ui'));
  await bundle(
    folder,
    { program: 'src/cli/executable-program.ts' },
    { ...alone, plugins: [packagesFromAssets] },
  );
  await bundle(folder, { main: 'src/cli/executable.ts' }, alone);
}

/** Packs `bytes` into a file of `folder`, which becomes an asset. */
function packed(folder: string, name: string, bytes: Uint8Array): Record<string, string> {
  const params = { [constants.ZSTD_c_compressionLevel]: PACK_LEVEL };
  writeFileSync(join(folder, name), zstdCompressSync(bytes, { params }));
  return { [name]: name };
}

/** Wraps a bundle in a module function and compiles it; both become assets. */
function wrap(folder: string, name: string): Record<string, string> {
  const wrapped = `(function (${MODULE_PARAMETERS}) {${readFileSync(join(folder, name), 'latin1')}\n})`;
  const cache = new Script(wrapped, { filename: name }).createCachedData();
  return {
    ...packed(folder, name, Buffer.from(wrapped, 'latin1')),
    ...packed(folder, `${name}.cache`, cache),
  };
}

/** With `beside`, the addon itself is written there. */
function addonAssets(folder: string, beside: string | undefined): Record<string, string> {
  const file = join(folder, `${ADDON}.stripped`);
  copyFileSync(addonPath(), file);
  strip(file);
  const bytes = readFileSync(file);
  const hash = `${ADDON}.sha256`;
  writeFileSync(join(folder, hash), createHash('sha256').update(bytes).digest('hex'));
  if (beside === undefined) return { ...packed(folder, ADDON, bytes), [hash]: hash };
  writeFileSync(beside, bytes, { mode: 0o755 });
  return { [hash]: hash };
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
function makeBlob(folder: string, addonBeside: string | undefined): Buffer {
  const names = ['program', ...Object.keys(WORKER_ENTRIES), ...Object.values(LAZY_PACKAGES)].map(
    (name) => `${name}.cjs`,
  );
  const config = {
    main: 'main.cjs',
    output: 'blob',
    disableExperimentalSEAWarning: true,
    useCodeCache: true,
    assets: Object.assign(
      addonAssets(folder, addonBeside),
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

/** Cuts off what follows the last part that is loaded: symbols, debug information, the table of sections. A seventh of the file. */
function strip(file: string): void {
  const bytes = readFileSync(file);
  const headers = Number(bytes.readBigUInt64LE(ELF.headersAt));
  const size = bytes.readUInt16LE(ELF.headerSizeAt);
  const count = bytes.readUInt16LE(ELF.headerCountAt);
  let end = 0;
  for (let at = headers; at < headers + count * size; at += size) {
    const [offset, length] = [bytes.readBigUInt64LE(at + 8), bytes.readBigUInt64LE(at + 32)];
    end = Math.max(end, Number(offset + length));
  }
  bytes.fill(0, ELF.sectionsAt, ELF.sectionsAt + 8);
  bytes.fill(0, ELF.sectionCountAt, ELF.sectionCountAt + 4);
  writeFileSync(file, bytes.subarray(0, end));
}

async function main(out: string, isAddonBeside: boolean): Promise<void> {
  if (process.platform !== 'linux') throw new Error('the single executable is built on Linux only');
  const { inject } = createRequire(import.meta.url)('postject') as { inject: Inject };
  mkdirSync(dirname(out), { recursive: true });
  // Beside its place, so that the last step is a rename.
  const folder = mkdtempSync(`${out}-build-`);
  try {
    await makeBundles(folder);
    const blob = makeBlob(folder, isAddonBeside ? join(dirname(out), ADDON) : undefined);
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

const { values, positionals } = parseArgs({
  options: { 'addon-beside': { type: 'boolean', default: false } },
  allowPositionals: true,
});
await main(resolve(positionals[0] ?? join(ROOT, 'dist/trilite')), values['addon-beside']);

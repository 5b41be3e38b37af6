/**
 * The npm package: packed, installed into an otherwise empty folder as `npm install -g` does, without build and without
 * install scripts, and run whole by every Node that it says it runs on. The other Nodes come by `sh test/package/setup.sh`.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { VERSION } from '../../src/version.ts';
import { skipUnless } from '../support/program.ts';
import { startServer, type TestServer } from '../support/server.ts';
import { tryWhole } from '../support/whole-server.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const NODES = path.join(
  process.env.TRILITE_TEST_CACHE ?? path.join(ROOT, 'node_modules/.cache/clients'),
  'nodes/node_modules',
);
const TSC = path.join(ROOT, 'node_modules/typescript/bin/tsc');
const TIMEOUT = { timeout: 120_000 };
/** What is downloaded, and what it takes with the database's package: a tenth above what they are. */
const PACKED_BYTES_MAX = 2_900_000;
const INSTALLED_BYTES_MAX = 42_000_000;

const folder = mkdtempSync(path.join(os.tmpdir(), 'trilite package-'));
const prefix = path.join(folder, 'global');
const program = path.join(prefix, 'bin/trilite');
const servers: TestServer[] = [];

function npm(args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8', ...TIMEOUT });
  assert.equal(status, 0, stderr);
  return stdout;
}

const bytesUnder = (dir: string) =>
  readdirSync(dir, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + statSync(path.join(dir, name)).size,
    0,
  );

after(async () => {
  await Promise.all(servers.map((server) => server.stop('SIGKILL')));
  rmSync(folder, { recursive: true, force: true });
});

describe('the npm package', TIMEOUT, () => {
  let packed: { filename: string; size: number; files: { path: string }[] };

  before(() => {
    [packed] = JSON.parse(npm(['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT));
    mkdirSync(path.join(folder, 'empty'));
    const tarball = path.join(folder, packed.filename);
    const options = ['--prefix', prefix, '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
    npm(['install', '--global', ...options, tarball], path.join(folder, 'empty'));
  });

  it('has what runs, and nothing else', () => {
    const others = packed.files.map((file) => file.path).filter((name) => !/^(bin|dist)\//.test(name));
    assert.deepEqual(others.sort(), ['LICENSE', 'README.md', 'package.json']);
    const built = packed.files.map((file) => file.path).filter((name) => name.startsWith('dist/'));
    assert.deepEqual(
      built.filter(
        (name) => !/^dist\/([\w-]+\.cjs|index\.mjs|(?:index|matchers|assert)\.d\.ts|ui\/.*)$/.test(name),
      ),
      [],
    );
    assert.ok(packed.size < PACKED_BYTES_MAX, `${packed.size} bytes`);
  });

  it('brings the database alone', () => {
    const home = path.join(prefix, 'lib/node_modules/trilite');
    assert.deepEqual(
      readdirSync(path.join(home, 'node_modules'))
        .filter((name) => !name.startsWith('.'))
        .sort(),
      ['better-sqlite3', 'node-addon-api'],
    );
    const size = bytesUnder(home);
    assert.ok(size < INSTALLED_BYTES_MAX, `${size} bytes`);
    const { engines, scripts } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
    assert.equal(engines.node, '>=22.15');
    for (const name of ['preinstall', 'install', 'postinstall', 'prepare'])
      assert.ok(!(name in scripts), name);
  });

  const nodes: readonly (readonly [name: string, folder: string])[] = [
    ['Node 22', path.join(NODES, 'node22/bin')],
    ['the pinned Node', path.dirname(process.execPath)],
    ['Node 26', path.join(NODES, 'node26/bin')],
  ];
  for (const [name, bin] of nodes) {
    const isThere = existsSync(path.join(bin, 'node'));
    const skip = skipUnless(isThere, `${name} is not there: sh test/package/setup.sh`);
    it(`runs on ${name}`, { skip, ...TIMEOUT }, async () => {
      const home = mkdtempSync(path.join(folder, 'run '));
      const env = { PATH: `${bin}:/usr/bin:/bin` };
      const { stdout } = spawnSync(program, ['version'], { env, encoding: 'utf8' });
      const { stdout: node } = spawnSync(path.join(bin, 'node'), ['--version'], { encoding: 'utf8' });
      assert.equal(stdout, `trilite ${VERSION} (node ${node.trim()})\n`);
      const config = path.join(home, 'trilite.yml');
      const options = { dataDir: path.join(home, 'data'), args: ['--config', config], env, program };
      await tryWhole(
        async () => {
          const server = await startServer(options);
          servers.push(server);
          return { ...server, hangUp: () => server.process.kill('SIGHUP') };
        },
        (text) => writeFileSync(config, text),
      );
    });
  }

  it('is a library, by import and by require, with types', () => {
    const home = path.join(folder, 'consumer');
    mkdirSync(path.join(home, 'node_modules'), { recursive: true });
    symlinkSync(path.join(prefix, 'lib/node_modules/trilite'), path.join(home, 'node_modules/trilite'));
    symlinkSync(path.join(ROOT, 'node_modules/@types'), path.join(home, 'node_modules/@types'));
    const use = `
      await sink.load('orders_total 0+1x5');
      const answer = await sink.waitFor('orders_total', 5);
      console.log(answer.kind === 'vector' ? answer.samples[0]?.value : answer.kind);`;
    writeFileSync(
      path.join(home, 'use.mts'),
      `import { startTrilite, type Sink } from 'trilite';\nconst sink: Sink = await startTrilite();${use}\nawait sink.stop();`,
    );
    writeFileSync(
      path.join(home, 'use.cjs'),
      `const { startTrilite } = require('trilite');\n(async () => {const sink = await startTrilite();${use}\n})();`,
    );
    for (const resolution of ['node16', 'bundler']) {
      const module = resolution === 'bundler' ? 'esnext' : 'node16';
      const options = ['--noEmit', '--strict', '--target', 'es2022', '--types', 'node'];
      const { stdout, status } = spawnSync(
        process.execPath,
        [TSC, ...options, '--module', module, '--moduleResolution', resolution, 'use.mts'],
        { cwd: home, encoding: 'utf8' },
      );
      assert.equal(status, 0, `${resolution}: ${stdout}`);
    }
    for (const file of ['use.mts', 'use.cjs']) {
      const { status, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: home, encoding: 'utf8' });
      assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '5\n', stderr: '' });
    }
  });

  it('says in one line that a Node is too old, or that there is none', () => {
    const old = path.join(folder, 'old');
    mkdirSync(old);
    const main = path.join(prefix, 'lib/node_modules/trilite/dist/main.cjs');
    const aged = "Object.defineProperty(process.versions, 'node', { value: '22.14.0' });";
    writeFileSync(path.join(old, 'aged.cjs'), aged);
    const run = spawnSync(process.execPath, ['--require', path.join(old, 'aged.cjs'), main, 'version'], {
      encoding: 'utf8',
    });
    assert.equal(run.status, 1);
    assert.match(run.stderr, /^trilite: Node\.js v\S+ is too old; version 22\.15 or later is needed\n$/);
    for (const tool of ['sh', 'dirname', 'readlink']) {
      const found = spawnSync('/bin/sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim();
      spawnSync('ln', ['-s', found, path.join(old, tool)]);
    }
    const none = spawnSync(program, ['version'], { env: { PATH: old }, encoding: 'utf8' });
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^trilite: Node\.js is not installed; version 22\.15 or later is needed\n$/);
  });
});

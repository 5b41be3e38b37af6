/**
 * Style is a test: what the linter cannot say of the tree is said here, and the linter's own fences are tried with
 * planted offences, so that a fence that has fallen over is noticed.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const SRC = join(ROOT, 'src');

const FORBIDDEN_NAMES = /^(util|utils|helper|helpers|common|type|types|misc|index)\.tsx?$/;
/** Files that are run or embedded, so that nothing imports them. */
const ENTRY_POINTS = new Set([
  'index.ts',
  'library/matchers/assert.ts',
  'library/matchers/matchers.ts',
  'cli/executable.ts',
  'cli/executable-program.ts',
  'cli/run.ts',
  'program.ts',
  'ui/app.tsx',
  'storage/sqlite/writer-entry.ts',
  'query/logs/live/tail-entry.ts',
  'remote/write/write-entry.ts',
  'query/reader-entry.ts',
]);
/** Codecs of the disk: each has a page in docs/format that draws its bytes. */
const CODEC_FOLDERS = ['storage/chunkenc', 'storage/block'];

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path))
    .map((path) => join(folder, path));
}

const sources = filesUnder(SRC).map((path) => ({
  path,
  name: relative(SRC, path),
  text: readFileSync(path, 'utf8'),
}));
const tests = filesUnder(join(ROOT, 'test')).map((path) => ({ path, text: readFileSync(path, 'utf8') }));

/** Relative imports, static and dynamic, of types and values, as absolute paths. */
function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'(\.{1,2}\/[^']+)'/g);
  return [...found].map((m) => resolve(dirname(path), m[1]!));
}

describe('every source file', () => {
  for (const { name, text } of sources) {
    it(`${name} opens with what it is about`, () => {
      assert.match(text, /^\/\*\*[\s\S]{8,}?\*\//, 'a doc comment comes first');
    });
  }

  it('has a name that says something', () => {
    const bad = sources.filter(({ name }) => FORBIDDEN_NAMES.test(basename(name)) && name !== 'index.ts');
    assert.deepEqual(
      bad.map((s) => s.name),
      [],
    );
    const misspelt = sources.filter(({ name }) => !/^[a-z0-9-]+(\.d)?\.tsx?$/.test(basename(name)));
    assert.deepEqual(
      misspelt.map((s) => s.name),
      [],
    );
  });

  it('is used', () => {
    const used = new Set(sources.flatMap(({ path, text }) => importsOf(path, text)));
    const dead = sources.filter(({ path, name }) => !used.has(path) && !ENTRY_POINTS.has(name));
    assert.deepEqual(
      dead.map((s) => s.name),
      [],
    );
  });

  it('imports files that are there', () => {
    const missing = sources.flatMap(({ path, name, text }) =>
      importsOf(path, text)
        .filter((target) => !existsSync(target))
        .map((target) => `${name} imports ${relative(SRC, target)}`),
    );
    assert.deepEqual(missing, []);
  });

  it('is no barrel', () => {
    const barrels = sources.filter(
      ({ name, text }) => name !== 'index.ts' && /^export (\*|\{[^}]*\}) from /m.test(text),
    );
    assert.deepEqual(
      barrels.map((s) => s.name),
      [],
    );
  });

  it('leaves no notes to itself', () => {
    const marked = sources.filter(({ text }) => /\b(FIXME|XXX|HACK)\b/.test(text));
    assert.deepEqual(
      marked.map((s) => s.name),
      [],
    );
  });
});

describe('every test file', () => {
  // Or has tests that several files share.
  it('asserts something', () => {
    const idle = tests.filter(
      ({ path, text }) => path.endsWith('.test.ts') && !/\bassert\b|\btest[A-Z]\w*\(/.test(text),
    );
    assert.deepEqual(
      idle.map((t) => relative(ROOT, t.path)),
      [],
    );
  });
});

describe('every codec', () => {
  it('has its bytes drawn in docs/format', () => {
    const pages = existsSync(join(ROOT, 'docs/format'))
      ? readdirSync(join(ROOT, 'docs/format')).map((page) =>
          readFileSync(join(ROOT, 'docs/format', page), 'utf8'),
        )
      : [];
    const undocumented = CODEC_FOLDERS.filter((folder) => existsSync(join(SRC, folder)))
      .flatMap((folder) => filesUnder(join(SRC, folder)).map((path) => relative(SRC, path)))
      // A file that reads or writes bytes names the page that draws them, or is named by one.
      .filter((name) => /ByteWriter|ByteReader/.test(readFileSync(join(SRC, name), 'utf8')))
      .filter((name) => !pages.some((page) => page.includes(basename(name))));
    assert.deepEqual(undocumented, []);
  });
});

interface Planted {
  readonly path: string;
  readonly text: string;
}

/** Lints files in a tree of their own under the project's rules; gives the rules that complain of each. */
function lint(files: readonly Planted[]): string[][] {
  const tree = mkdtempSync(join(tmpdir(), 'trilite-tidy-'));
  try {
    copyFileSync(join(ROOT, 'biome.json'), join(tree, 'biome.json'));
    const paths = files.map(({ path }, i) => path.replace('.ts', `-${i}.ts`));
    files.forEach(({ text }, i) => {
      mkdirSync(dirname(join(tree, paths[i]!)), { recursive: true });
      writeFileSync(join(tree, paths[i]!), text);
    });
    const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome');
    const args = [biome, 'lint', '--vcs-enabled=false', '--reporter=github', '--max-diagnostics=1000'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: tree, encoding: 'utf8' });
    const found = [...stdout.matchAll(/title=lint\/\w+\/(\w+),file=([^,]+),/g)];
    return paths.map((path) => found.filter((m) => m[2]!.endsWith(path)).map((m) => m[1]!));
  } finally {
    rmSync(tree, { recursive: true, force: true });
  }
}

describe('a planted offence', () => {
  const use = (target: string) => `import { x } from '${target}';\nx();\n`;
  const offences: readonly (readonly [path: string, text: string, rule: string])[] = [
    ['src/base/planted.ts', use('../model/labels.ts'), 'noRestrictedImports'],
    ['src/model/planted.ts', use('../storage/interface.ts'), 'noRestrictedImports'],
    ['src/access/planted.ts', use('../api/params.ts'), 'noRestrictedImports'],
    ['src/storage/planted.ts', use('../api/params.ts'), 'noRestrictedImports'],
    ['src/storage/head/planted.ts', use('better-sqlite3'), 'noRestrictedImports'],
    ['src/ingest/decode/planted.ts', use('../../storage/interface.ts'), 'noRestrictedImports'],
    ['src/ingest/decode/planted.ts', use('node:fs'), 'noRestrictedImports'],
    ['src/ingest/receive/planted.ts', use('../../storage/engine.ts'), 'noRestrictedImports'],
    ['src/scrape/planted.ts', use('../query/engine.ts'), 'noRestrictedImports'],
    ['src/bench/planted.ts', use('../ingest/decode/remote-write.ts'), 'noRestrictedImports'],
    ['src/remote/write/planted.ts', use('../../storage/engine.ts'), 'noRestrictedImports'],
    ['src/remote/planted.ts', use('../config/settings.ts'), 'noRestrictedImports'],
    ['src/alertmanager/planted.ts', use('../rules/due-alerts.ts'), 'noRestrictedImports'],
    ['src/alertmanager/planted.ts', use('../storage/engine.ts'), 'noRestrictedImports'],
    ['src/rules/planted.ts', use('../alertmanager/alert.ts'), 'noRestrictedImports'],
    ['src/slo/planted.ts', use('../rules/rule-group.ts'), 'noRestrictedImports'],
    ['src/doctor/planted.ts', use('../storage/interface.ts'), 'noRestrictedImports'],
    ['src/doctor/checks/planted.ts', use('../../ingest/memory.ts'), 'noRestrictedImports'],
    ['src/storage/planted.ts', use('../alertmanager/silence.ts'), 'noRestrictedImports'],
    ['src/bench/planted.ts', use('@grpc/grpc-js'), 'noRestrictedImports'],
    ['src/storage/planted.ts', use('../bench/run.ts'), 'noRestrictedImports'],
    ['src/query/lang/planted.ts', use('../exec/run.ts'), 'noRestrictedImports'],
    ['src/query/exec/planted.ts', use('../../storage/engine.ts'), 'noRestrictedImports'],
    ['src/query/exec/planted.ts', use('chevrotain'), 'noRestrictedImports'],
    ['src/api/planted.ts', use('../query/lang/promql/ast.ts'), 'noRestrictedImports'],
    ['src/api/planted.ts', use('../storage/sqlite/database.ts'), 'noRestrictedImports'],
    ['src/query/planted.ts', use('fastify'), 'noRestrictedImports'],
    ['src/query/logs/planted.ts', use('re2js'), 'noRestrictedImports'],
    ['src/model/planted.ts', use('re2js'), 'noRestrictedImports'],
    ['src/query/lang/planted.ts', use('re2js'), 'noRestrictedImports'],
    ['src/api/planted.ts', use('node:worker_threads'), 'noRestrictedImports'],
    ['demo/planted.ts', use('../src/model/labels.ts'), 'noRestrictedImports'],
    ['demo/services/planted.ts', use('../../test/support/poll.ts'), 'noRestrictedImports'],
    ['src/ui/views/planted.ts', use('../../storage/interface.ts'), 'noRestrictedImports'],
    ['src/ui/planted.ts', use('../query/service.ts'), 'noRestrictedImports'],
    ['src/ui/planted.ts', use('node:fs'), 'noRestrictedImports'],
    ['src/api/planted.ts', 'export const x = process.env.HOME;\n', 'noProcessEnv'],
    ['src/api/planted.ts', "console.log('x');\n", 'noConsole'],
    ['src/api/planted.ts', "export * from './route.ts';\n", 'noBarrelFile'],
    ['src/api/planted.ts', 'export default 1;\n', 'noDefaultExport'],
  ];
  const complaints = lint(offences.map(([path, text]) => ({ path, text })));
  offences.forEach(([path, text, rule], i) => {
    it(`is caught: ${rule} in ${path} (${text.split('\n', 1)[0]})`, () => {
      assert.ok(complaints[i]!.includes(rule), complaints[i]!.join());
    });
  });

  it('is told from what is allowed', () => {
    const allowed: readonly (readonly [path: string, text: string])[] = [
      ['src/ingest/receive/planted.ts', use('../../storage/interface.ts')],
      ['src/query/exec/planted.ts', use('../../storage/interface.ts')],
      ['src/remote/write/planted.ts', use('../../storage/interface.ts')],
      ['src/alertmanager/planted.ts', use('../storage/interface.ts')],
      ['src/api/alertmanager/planted.ts', use('../../alertmanager/silence.ts')],
      ['src/storage/sqlite/planted.ts', use('better-sqlite3')],
      ['demo/planted.ts', use('./services/http.ts')],
      ['src/query/lang/promql/lower-it.ts', use('../../plan/nodes.ts')],
    ];
    const found = lint(allowed.map(([path, text]) => ({ path, text })));
    assert.deepEqual(
      found,
      allowed.map(() => []),
    );
  });
});

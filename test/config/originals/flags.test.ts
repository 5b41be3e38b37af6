/** Command lines of Prometheus, Loki and Tempo: understood, or answered with what takes a flag's place. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parseCommandLine } from '../../../src/config/flags.ts';
import { loadConfig } from '../../../src/config.ts';
import { findProgram, skipUnless } from '../../support/program.ts';

const prometheus = findProgram('prometheus');

const load = (...argv: string[]) => loadConfig(parseCommandLine(argv), {});

describe('flags of Prometheus', () => {
  it('mean what they mean there', async () => {
    const config = await load(
      '--storage.tsdb.path=/var/lib/prometheus',
      '--web.listen-address=0.0.0.0:9090',
      '--web.listen-address',
      '127.0.0.1:9091',
      '--storage.tsdb.retention.time',
      '30d',
      '--storage.tsdb.retention.size=10GB',
      '--log.level=warn',
      '--web.enable-lifecycle',
      '--query.lookback-delta=1m',
    );
    assert.equal(config.dataDir, '/var/lib/prometheus');
    assert.deepEqual(config.http, [
      { host: '0.0.0.0', port: 9090 },
      { host: '127.0.0.1', port: 9091 },
    ]);
    assert.equal(config.retentionMs.metrics, 30 * 86_400_000);
    assert.equal(config.retentionMs.logs, 7 * 86_400_000);
    assert.equal(config.retention.sizeBytes.metrics, 10 * 1024 ** 3);
    assert.equal(config.logLevel, 'warn');
    assert.equal(config.enableLifecycle, true);
    assert.equal(config.query.lookbackMs, 60_000);
    assert.deepEqual(config.warnings, []);
  });

  it('take the file of --config.file as of --config', () => {
    assert.equal(parseCommandLine(['--config.file=/etc/p.yml']).configFile, '/etc/p.yml');
    assert.equal(parseCommandLine(['serve', '--config.file', 'p.yml']).configFile, 'p.yml');
  });

  it('are switches, with a contrary', async () => {
    assert.equal((await load('--config.auto-reload', '--no-web.enable-lifecycle')).autoReload, true);
    assert.equal((await load('--no-config.auto-reload')).autoReload, false);
    assert.equal((await load('--config.auto-reload', 'false')).autoReload, false);
    assert.equal((await load('--web.enable-admin-api', '--no-web.enable-admin-api')).enableAdminApi, false);
    const drained = await load('--no-alertmanager.drain-notification-queue-on-shutdown');
    assert.equal(drained.alerting.drainsOnShutdown, false);
  });

  it('say what is always so, and what has no effect', async () => {
    const always = ['--web.enable-remote-write-receiver', '--web.enable-otlp-receiver', '--no-agent'];
    assert.deepEqual((await load(...always)).warnings, []);
    assert.deepEqual(
      (await load('--web.console.templates=consoles', '--storage.tsdb.no-lockfile')).warnings,
      [
        '--web.console.templates has no effect: there are no console templates',
        '--storage.tsdb.no-lockfile has no effect: one process at a time has a data directory',
      ],
    );
  });

  it('switch features on by their names', async () => {
    const config = await load(
      '--enable-feature=exemplar-storage,promql-delayed-name-removal',
      '--enable-feature=no-such',
    );
    assert.equal(config.query.delayNameRemoval, true);
    assert.deepEqual(config.warnings, ['--enable-feature no-such has no effect: it is not known']);
    assert.throws(
      () => parseCommandLine(['--enable-feature=otlp-deltatocumulative']),
      /--enable-feature otlp-deltatocumulative is not a flag of Trilite; what takes its place is "otlp: \{delta: cumulative\}" under "trilite:"/,
    );
  });

  it('that have no place here name what has', () => {
    for (const flag of ['--agent', '--storage.agent.path=x', '--web.route-prefix=/p']) {
      assert.throws(
        () => parseCommandLine([flag]),
        /is not a flag of Trilite; what takes its place is /,
        flag,
      );
    }
  });

  it('are all known', { skip: skipUnless(prometheus !== undefined, 'there is no prometheus') }, () => {
    const help = execFileSync(prometheus!, ['--help'], { encoding: 'utf8' });
    const names = [...help.matchAll(/^\s+(?:-\w, )?--(?:\[no-\])?([\w.-]*\w)/gm)].map(([, name]) => name!);
    assert.ok(names.length > 30);
    const unknown = names.filter((name) => {
      try {
        parseCommandLine([`--${name}`]);
      } catch (error) {
        return /^Unknown option/.test((error as Error).message);
      }
      return false;
    });
    // Of the parser of its flags.
    assert.deepEqual(
      unknown.filter((name) => !/^help-(long|man)$|^web\.config\.file$/.test(name)),
      [],
    );
  });
});

describe('flags of Loki and Tempo', () => {
  it('have one dash', async () => {
    const line = parseCommandLine([
      '-config.file=/etc/x.yml',
      '-target=all',
      '-log.level',
      'debug',
      '-auth.enabled',
    ]);
    assert.equal(line.configFile, '/etc/x.yml');
    const config = await load('-target=all', '-log.level', 'debug', '-auth.enabled=true');
    assert.equal(config.logLevel, 'debug');
    assert.equal(config.multiTenancy, true);
    assert.deepEqual(config.warnings, []);
    assert.equal((await load('-multitenancy.enabled=false')).multiTenancy, false);
    assert.equal(parseCommandLine(['-version']).command, 'version');
    assert.equal(parseCommandLine(['-data', './d']).flags.dataDir, './d');
  });

  it('name what takes their place', () => {
    const places: readonly (readonly [flag: string, place: RegExp])[] = [
      ['-server.http-listen-port=3100', /: -server.http-listen-port is not .* --http HOST:PORT$/],
      ['-server.grpc-listen-port=9095', /--otlp-grpc HOST:PORT/],
      ['-storage.trace.local.path=/x', /--data DIR/],
      ['-verify-config', /trilite check config FILE/],
      ['-compactor.compaction.block-retention=1h', /--retention.traces DURATION/],
      ['-querier.split-queries-by-interval=1h', /Unknown option '--querier.split.* or docs\/migrate/],
      ['--no-such', /Unknown option '--no-such'; see trilite help$/],
    ];
    for (const [flag, place] of places) assert.throws(() => parseCommandLine([flag]), place, flag);
  });
});

describe('pages on coming from another system', () => {
  for (const page of ['prometheus', 'loki', 'tempo']) {
    it(`name no flag of ${page} that is not known`, () => {
      const text = readFileSync(new URL(`../../../docs/migrate/${page}.md`, import.meta.url), 'utf8');
      const [, table] = /\| flag of \w+ \| here \|\n\|---\|---\|\n((?:\|.*\n)+)/.exec(text)!;
      const flags = table!
        .split('\n')
        .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(--?[^`]+)`/g)]);
      assert.ok(flags.length > 5);
      for (const [, flag] of flags) {
        try {
          parseCommandLine([flag!, '1h']);
        } catch (error) {
          assert.doesNotMatch((error as Error).message, /^Unknown option/, flag);
        }
      }
    });
  }
});

/** Reading the configuration again: one at a time, all or nothing, and what is told of it. */

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { Telemetry } from '../../src/base/telemetry.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { type Config, DEFAULT_CONFIG } from '../../src/config/settings.ts';
import { ConfigInForce } from '../../src/config-in-force.ts';
import { Reloader } from '../../src/reload.ts';
import type { Reloadable } from '../../src/reloadable.ts';

let inForce: ConfigInForce;
let telemetry: Telemetry;
let lines: string[];
let nowMs: number;
/** What the parts did, in order. */
let done: string[];

beforeEach(() => {
  inForce = new ConfigInForce({ ...DEFAULT_CONFIG, file: 'p.yml' }, 1000);
  telemetry = new Telemetry();
  lines = [];
  done = [];
  nowMs = 5000;
});

/** A part that takes the log level, and refuses `error`. */
function part(name: string): Reloadable {
  return {
    prepare: async ({ logLevel }) => {
      done.push(`${name} prepares ${logLevel}`);
      if (name === 'picky' && logLevel === 'error') throw new ConfigError('no such level');
      return () => void done.push(`${name} takes ${logLevel}`);
    },
  };
}

function reloader(load: () => Promise<Config>, parts: readonly Reloadable[] = [part('a'), part('picky')]) {
  const log = createLogger('info', (line) => lines.push(line));
  return new Reloader({ inForce, load, parts, telemetry, log, now: () => nowMs });
}

const metric = (name: string) =>
  Number(new RegExp(`^prometheus_config_last_reload_${name} (.*)$`, 'm').exec(telemetry.print())![1]);

describe('reloading', () => {
  test('readies every part before the first of them changes', async () => {
    await reloader(async () => ({ ...inForce.config, logLevel: 'warn' })).reload('request');
    assert.deepEqual(done, ['a prepares warn', 'picky prepares warn', 'a takes warn', 'picky takes warn']);
    assert.equal(inForce.config.logLevel, 'warn');
    assert.deepEqual([metric('successful'), metric('success_timestamp_seconds')], [1, 5]);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /level=info msg="configuration reloaded" trigger=request settings=logLevel\n$/);
  });

  test('changes nothing where one part cannot follow, or the file is wrong', async () => {
    const attempts: boolean[] = [];
    inForce.onAttempt(() => attempts.push(inForce.isFresh));
    let load = async (): Promise<Config> => ({ ...inForce.config, logLevel: 'error' });
    const tested = reloader(() => load());
    await assert.rejects(tested.reload('SIGHUP'), {
      name: 'ConfigError',
      message:
        'one or more errors occurred while applying the new configuration (--config.file="p.yml"): no such level',
    });
    assert.deepEqual(done, ['a prepares error', 'picky prepares error']);
    load = () => Promise.reject(new ConfigError('p.yml:1:2: unknown key "x"'));
    await assert.rejects(tested.reload('SIGHUP'), {
      message: `couldn't load configuration (--config.file="p.yml"): p.yml:1:2: unknown key "x"`,
    });
    assert.equal(inForce.config.logLevel, 'info');
    assert.deepEqual([metric('successful'), metric('success_timestamp_seconds')], [0, 1]);
    assert.equal(lines.length, 2);
    assert.match(lines[1]!, /level=error .*trigger=SIGHUP error=.*p\.yml:1:2/);
    load = async () => inForce.config;
    await tested.reload('SIGHUP');
    assert.equal(metric('successful'), 1);
    assert.deepEqual(attempts, [false, false, true]);
  });

  test('names jobs that come, change and go, and what waits for the next start', async () => {
    const job = { ...DEFAULT_CONFIG, scrapeConfigs: [] };
    const named = (jobName: string, scrapeIntervalMs: number) =>
      ({ jobName, scrapeIntervalMs }) as Config['scrapeConfigs'][number];
    inForce = new ConfigInForce({ ...job, scrapeConfigs: [named('a', 1), named('b', 1), named('c', 1)] }, 0);
    const next = [named('b', 1), named('c', 2), named('d', 1)];
    await reloader(async () => ({ ...job, scrapeConfigs: next, durability: 'disk' })).reload('file');
    assert.equal(inForce.config.durability, 'process');
    assert.match(
      lines[0]!,
      /level=warn msg="storage.durability has changed and takes effect at the next start"/,
    );
    assert.match(lines[1]!, /trigger=file jobs_added=d jobs_changed=c jobs_removed=a\n$/);
  });

  test('is done one at a time; who asks meanwhile waits for one that begins after', async () => {
    const gates: PromiseWithResolvers<void>[] = [];
    let reads = 0;
    const tested = reloader(async () => {
      const gate = Promise.withResolvers<void>();
      gates.push(gate);
      const read = ++reads;
      await gate.promise;
      return { ...inForce.config, evaluationIntervalMs: read };
    });
    const first = tested.reload('1');
    await new Promise((resolve) => setImmediate(resolve));
    const others = [tested.reload('2'), tested.reload('3')];
    let answered = 0;
    for (const other of others) void other.then(() => answered++);
    gates[0]!.resolve();
    await first;
    assert.equal(inForce.config.evaluationIntervalMs, 1);
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual([reads, answered], [2, 0]);
    gates[1]!.resolve();
    await Promise.all(others);
    assert.deepEqual([reads, answered, inForce.config.evaluationIntervalMs], [2, 2, 2]);
  });

  test('that the server’s end comes upon is waited for and changes nothing', async () => {
    const gate = Promise.withResolvers<void>();
    const tested = reloader(async () => {
      await gate.promise;
      return { ...inForce.config, logLevel: 'warn' };
    });
    const refused = assert.rejects(tested.reload('SIGHUP'), { message: 'the server is stopping' });
    const next = assert.rejects(tested.reload('SIGHUP'), { message: 'the server is stopping' });
    const ended = tested.end();
    gate.resolve();
    await Promise.all([refused, next, ended]);
    await assert.rejects(tested.reload('SIGHUP'), { message: 'the server is stopping' });
    assert.equal(inForce.config.logLevel, 'info');
    assert.deepEqual(lines, []);
    assert.ok(!done.some((what) => what.includes('takes')));
  });
});

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBenchFlags, SWITCHES, VALUE_FLAGS } from '../../src/bench/flags.ts';
import { type BenchPlan, loadOptions } from '../../src/bench/plan.ts';
import { BENCH_USAGE } from '../../src/bench/usage.ts';

const NOW = 1_800_000_000_000;

function plan(...args: string[]): BenchPlan {
  const parsed = parseBenchFlags(args);
  if (parsed.command !== 'run') assert.fail(parsed.command);
  return parsed.plan;
}

function refuses(args: string[], message: RegExp): void {
  assert.throws(() => parseBenchFlags(args), { name: 'BenchFlagError', message });
}

describe('targets', () => {
  it('are Trilite at its default addresses where none is given', () => {
    const [system, ...more] = plan().systems;
    assert.deepEqual(more, []);
    assert.equal(system!.name, 'trilite');
    assert.equal(system!.urls.prometheus, 'http://127.0.0.1:9090');
    assert.equal(system!.urls['otlp-grpc'], 'http://127.0.0.1:4317');
  });

  it('take the flags that follow them', () => {
    const { systems, baseline } = plan(
      ...['--target', 'trilite=http://h:1/', '--pid', '7,8', '--header', 'X-Scope-OrgID: t 1'],
      ...['--target', 'prometheus=http://p:2/base,name=other,pid=9,data=/d'],
      ...['--baseline', 'other'],
    );
    assert.equal(baseline, 1);
    assert.deepEqual(systems[0], {
      name: 'trilite',
      urls: {
        prometheus: 'http://h:1',
        loki: 'http://h:1',
        tempo: 'http://h:1',
        otlp: 'http://h:1',
        'otlp-grpc': 'http://h:1',
      },
      headers: { 'x-scope-orgid': 't 1' },
      pids: [7, 8],
      dataDir: undefined,
    });
    assert.deepEqual(systems[1], {
      name: 'other',
      urls: { prometheus: 'http://p:2/base' },
      headers: {},
      pids: [9],
      dataDir: '/d',
    });
  });

  it('without a URL of their own belong to the default one', () => {
    assert.deepEqual(plan('--pid', '5').systems[0]!.pids, [5]);
    refuses(['--pid', '5', '--target', 'trilite=http://h:1'], /comes before/);
  });

  it('are refused where they cannot be', () => {
    refuses(['--target', 'http://h:1'], /is none of|not KIND=URL/);
    refuses(['--target', 'promtheus=http://h:1'], /"promtheus" is none of trilite, prometheus/);
    refuses(['--target', 'prometheus=h:1'], /not a URL/);
    refuses(['--target', 'name=x'], /has no URL/);
    refuses(
      ['--target', 'trilite=http://h:1', '--target', 'trilite=http://h:2'],
      /two targets are named trilite/,
    );
    refuses(['--target', 'loki=http://h:1', 'remote-write'], /needs the URL of prometheus/);
    refuses(['--target', 'trilite=http://h:1', '--pid', 'x'], /not a process id/);
    refuses(['--baseline', 'nobody'], /no target is named "nobody"/);
  });
});

describe('the load', () => {
  it('has defaults that end at about now', () => {
    const { workloads, load } = plan();
    const options = loadOptions(workloads[0]!, load, NOW, 0);
    assert.equal(workloads[0]!.name, 'remote-write');
    assert.ok(Object.isFrozen(options));
    const scrapes = Math.ceil(options.items / options.series);
    assert.equal(options.startMs + (scrapes - 1) * options.intervalMs, NOW);
    assert.match(options.run, /^r[a-z0-9]+$/);
  });

  it('reads numbers with multipliers and durations', () => {
    const { workloads, load, rate, concurrency } = plan(
      ...['remote-write-2', '--items', '1.5M', '--series', '10k', '--interval', '10s', '--rate', '100k'],
      ...['--concurrency', '3', '--run', 'mine', '--start-ago', '1h'],
    );
    const options = loadOptions(workloads[0]!, load, NOW, 0);
    assert.equal(options.items, 1_500_000);
    assert.equal(options.series, 10_000);
    assert.equal(options.intervalMs, 10_000);
    assert.equal(options.run, 'mine');
    assert.equal(options.startMs, NOW - 3_600_000);
    assert.equal(rate, 100_000);
    assert.equal(concurrency, 3);
  });

  it('by duration has no end of its own', () => {
    const { workloads, load } = plan('--duration', '10s');
    const options = loadOptions(workloads[0]!, load, NOW, 0);
    assert.equal(options.items, Number.POSITIVE_INFINITY);
    assert.equal(options.durationMs, 10_000);
  });

  it('is named differently for each workload of a run', () => {
    const { workloads, load } = plan('--workload', 'remote-write,remote-write-2');
    const runs = workloads.map((workload, i) => loadOptions(workload, load, NOW, i).run);
    assert.equal(new Set(runs).size, 2);
  });

  it('is refused where it cannot be', () => {
    refuses(['--items', '0'], /--items: "0" is not a number of at least 1/);
    refuses(['--items', '1.5'], /whole number/);
    refuses(['--churn', '2'], /from 0 to 1/);
    refuses(['--interval', 'soon'], /not a duration/);
    refuses(['--lines', 'xml'], /one of json, logfmt, access, mix/);
    refuses(['--run', 'A b'], /made of a-z and 0-9/);
    refuses(['--listen', 'here'], /not HOST:PORT/);
    refuses(['nothing'], /no workload "nothing"; there are remote-write/);
    refuses(['--frobnicate'], /Unknown option '--frobnicate'/);
  });
});

describe('help', () => {
  it('is asked for by --help, the list by --list', () => {
    assert.equal(parseBenchFlags(['--help']).command, 'help');
    assert.equal(parseBenchFlags(['--list']).command, 'list');
  });

  it('names every flag', () => {
    const told = (flag: string) => new RegExp(`--${flag}\\b`).test(BENCH_USAGE);
    assert.deepEqual(
      [...VALUE_FLAGS, ...SWITCHES, 'help'].filter((flag) => !told(flag)),
      [],
    );
  });
});

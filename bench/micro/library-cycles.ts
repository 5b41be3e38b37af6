/**
 * A hundred sinks, started, used and stopped one after another in this process, over the built package: how long each takes, and what
 * the process has more of afterwards. `node tools/build.ts && node bench/micro/library-cycles.ts [CYCLES]`. A first line is of a
 * process of its own: from before the import to the first answer.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const INDEX = join(import.meta.dirname, '../../dist/index.cjs');
const STARTS = 7;
const WARM_CYCLES = 10;
const cycles = Number(process.argv[2] ?? 100);

const ONE_START = `
  const before = performance.now();
  const { startTrilite } = require(${JSON.stringify(INDEX)});
  const imported = performance.now();
  startTrilite().then(async (sink) => {
    const started = performance.now();
    await sink.promql('vector(1)');
    const asked = performance.now();
    console.log(JSON.stringify([imported - before, started - imported, asked - started]));
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await sink.stop();
  });`;

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const shown = (ms: number) => `${ms.toFixed(0)} ms`;

// The first process compiles, and keeps what it compiled for the others.
const runs = Array.from({ length: STARTS + 1 }, () => {
  const { stdout } = spawnSync(process.execPath, ['--eval', ONE_START], { encoding: 'utf8' });
  return JSON.parse(stdout) as [number, number, number];
});
const [first, ...later] = runs;
const column = (i: number) => shown(median(later.map((run) => run[i]!)));
console.log(
  `first process: import ${shown(first![0])}, start ${shown(first![1])}, first answer ${shown(first![2])}`,
);
console.log(
  `later ones, median of ${STARTS}: import ${column(0)}, start ${column(1)}, first answer ${column(2)}`,
);

const { startTrilite } = createRequire(import.meta.url)(INDEX) as typeof import('../../src/index.ts');
const threads = () => readdirSync('/proc/self/task').length;
const descriptors = () => readdirSync('/proc/self/fd').length;

function state() {
  global.gc?.();
  const { rss, heapUsed } = process.memoryUsage();
  const mib = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1));
  const handles = process.getActiveResourcesInfo().length;
  return {
    rssMiB: mib(rss),
    heapMiB: mib(heapUsed),
    threads: threads(),
    descriptors: descriptors(),
    handles,
  };
}

const startMs: number[] = [];
const wholeMs: number[] = [];
let warm = state();
for (let i = 0; i < cycles; i++) {
  const from = performance.now();
  const sink = await startTrilite();
  startMs.push(performance.now() - from);
  await sink.load('up 1');
  await sink.push({ logs: [{ line: 'x' }], spans: [{ name: 'y' }] });
  await sink.waitFor('up', 1);
  await sink.stop();
  wholeMs.push(performance.now() - from);
  if (i === WARM_CYCLES - 1) warm = state();
}
const sum = wholeMs.reduce((a, b) => a + b, 0);
console.log(
  `${cycles} cycles in ${(sum / 1000).toFixed(1)} s: start ${shown(median(startMs))}, whole ${shown(median(wholeMs))} (medians)`,
);
console.log(`after ${WARM_CYCLES}:`, JSON.stringify(warm));
console.log(`after ${cycles}:`, JSON.stringify(state()));

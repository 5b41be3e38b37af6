/**
 * The data that rules look at: what is to come, second by second, written to both systems before it begins, so that whoever
 * evaluates at a moment finds the same. Series move, come and go for a while and then stand still.
 */

import { Random, seedOf } from '../../../src/bench/random.ts';
import type { WriteSeries, WriteValue } from '../../support/remote-write.ts';
import type { Features } from '../features.ts';
import { customHistograms, exponentialHistograms } from '../histogram-samples.ts';

const STEP_MS = 1000;
/** What stands still at the end is there for so much longer: over a restart and what follows it. */
const STILL_SECONDS = 90;

type Sampler = (second: number) => WriteValue | undefined;

export function makeTimeline(
  seed: number,
  startMs: number,
  movingSeconds: number,
  features: Features,
): WriteSeries[] {
  const random = new Random(seedOf(seed, 1));
  const out: WriteSeries[] = [];
  const add = (labels: Readonly<Record<string, string>>, sample: Sampler) => {
    const samples: [number, WriteValue][] = [];
    let last: WriteValue | undefined;
    for (let i = 0; i < movingSeconds + STILL_SECONDS; i++) {
      const value = i < movingSeconds ? sample(i) : last === 'stale' ? undefined : last;
      if (value !== undefined) samples.push([startMs + i * STEP_MS, value]);
      last = value ?? last;
    }
    out.push({ labels, samples });
  };
  for (const a of ['x', 'y', 'z']) {
    for (const b of ['1', '2']) {
      for (const name of ['m0', 'm1']) add({ __name__: name, a, b }, steps(random));
      add({ __name__: 'm2', a, b }, comingAndGoing(random));
      add({ __name__: 'c0_total', a, b }, counter(random));
      if (!features.histograms) continue;
      add({ __name__: 'h', a, b }, exponentialHistograms(random, { gauge: b === '1', float: false }));
      add({ __name__: 'n', a, b }, customHistograms(random));
    }
  }
  return out;
}

/** Small whole numbers that stay for some seconds. */
function steps(random: Random): Sampler {
  let value = random.int(8);
  return () => {
    if (random.chance(0.25)) value = random.int(8);
    return value;
  };
}

function comingAndGoing(random: Random): Sampler {
  let isThere = random.chance(0.5);
  let wasThere = false;
  return () => {
    if (random.chance(0.2)) isThere = !isThere;
    const value = isThere ? random.int(8) : wasThere ? 'stale' : undefined;
    wasThere = isThere;
    return value;
  };
}

function counter(random: Random): Sampler {
  let value = random.int(100);
  return () => {
    value = random.chance(0.05) ? 0 : value + random.int(5);
    return value;
  };
}

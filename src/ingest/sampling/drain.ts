/** Where sampling was on before and is off now: what waited is stored, since every trace is kept now. */

import { type SamplerParts, TailSampler } from './sampler.ts';
import { DEFAULT_TRACES_MAX, type TailSamplingConfig } from './sampling-config.ts';

const KEEP_ALL: TailSamplingConfig = {
  decisionWaitMs: 0,
  rootWaitMs: 0,
  tracesMax: DEFAULT_TRACES_MAX,
  sampledCacheSize: 0,
  nonSampledCacheSize: 0,
  bytesMax: undefined,
  traceBytesMax: 0,
  policies: [{ name: 'off', rule: { type: 'always_sample' } }],
  firstMatch: false,
  invertedDecisions: false,
  dropsPendingAtStop: false,
};

/** Resolves when nothing waits any more. */
export async function drainSampling(parts: SamplerParts): Promise<void> {
  const sampler = await TailSampler.open(KEEP_ALL, parts);
  await sampler.drain();
}

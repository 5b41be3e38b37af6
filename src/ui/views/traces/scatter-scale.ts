/** The scale of durations: linear, or by powers where they are far apart. */

export interface DurationScale {
  /** Between 0 and 1. */
  position(ms: number): number;
  readonly ticks: readonly number[];
}

/** Durations further apart than this would all lie on the ground of a linear scale. */
const LINEAR_MAX = 30;
/** The least that a search tells. */
const LEAST_MS = 1;

export function durationScale(durationsMs: readonly number[]): DurationScale {
  const longest = durationsMs.reduce((most, ms) => Math.max(most, ms), LEAST_MS);
  const shortest = Math.max(
    LEAST_MS,
    durationsMs.reduce((least, ms) => Math.min(least, ms), longest),
  );
  if (longest / shortest <= LINEAR_MAX) {
    const top = rounded(longest);
    return { position: (ms) => ms / top, ticks: [0, top / 2, top] };
  }
  const [low, high] = [Math.floor(Math.log10(shortest)), Math.ceil(Math.log10(longest))];
  const ticks = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i));
  return { position: (ms) => (Math.log10(Math.max(LEAST_MS, ms)) - low) / (high - low), ticks };
}

/** The next round number. */
function rounded(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((round) => round >= value)!;
}

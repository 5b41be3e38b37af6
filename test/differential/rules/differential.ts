/** One run: random rules over random data in both systems, compared as they go, standing still, and after `kill -9`. */

import { eventually } from '../../support/poll.ts';
import type { Features } from '../features.ts';
import { compareViews, compareWritten, countWritten } from './compare.ts';
import { startRulePair } from './pair.ts';
import { makeRuleFiles } from './rule-files.ts';
import { makeTimeline } from './timeline.ts';

/** Alerts are written from the third evaluation after a start; intervals are two seconds at most. */
const LEAD_SECONDS = 7;
/** Until everything has its last state: the longest `for` and `keep_firing_for`, evaluations on top. */
const SETTLE_SECONDS = 13;
/** Before this, what rules over their own results see depends on when a server started. */
const IGNORED_SECONDS = 8;
/** How far apart the two may be ready, and with that what they take for the length of the outage. */
const RESTART_TOLERANCE_MS = 8000;

export interface RuleRun {
  readonly seed: number;
  readonly movingSeconds: number;
  readonly groups: number;
  readonly restart: boolean;
  readonly features: Features;
  /** Whether both evaluate a group at the same moments. */
  readonly sameMoments: boolean;
}

export interface RuleFindings {
  /** Samples that the reference's rules wrote. */
  readonly written: number;
  readonly texts: Readonly<Record<string, string>>;
  readonly differences: readonly string[];
}

const until = (timeMs: number) =>
  new Promise((resolve) => setTimeout(resolve, Math.max(0, timeMs - Date.now())));

export async function runRules(run: RuleRun): Promise<RuleFindings> {
  const { seed, movingSeconds, features } = run;
  const files = makeRuleFiles(seed, run.groups, features);
  const pair = await startRulePair(files, features.current);
  const differences: string[] = [];
  const note = (what: string, lines: readonly string[]) => {
    for (const line of lines) differences.push(`${what}: ${line}`);
  };
  try {
    const startMs = (Math.ceil(Date.now() / 1000) + LEAD_SECONDS) * 1000;
    await pair.write(makeTimeline(seed, startMs, movingSeconds, features));
    const stillMs = startMs + (movingSeconds + SETTLE_SECONDS) * 1000;
    // Evaluations of that second are over half a second into the next.
    await until(stillMs + 1500);
    const valuesOnly = !features.current;
    if (run.sameMoments) {
      const fromMs = startMs + IGNORED_SECONDS * 1000;
      note('written', await compareWritten(pair.reference, pair.own, fromMs, stillMs, valuesOnly));
    }
    const written = await countWritten(pair.reference, startMs, stillMs);
    note('shown', await settledViews(pair, run.sameMoments ? 0 : 1000, valuesOnly));
    if (run.restart) {
      await pair.restart();
      await until(Date.now() + LEAD_SECONDS * 1000);
      note('after a restart', await settledViews(pair, RESTART_TOLERANCE_MS, valuesOnly));
    }
    return { written, texts: files.texts, differences };
  } finally {
    await pair.dispose();
  }
}

/** A look between two evaluations of one system and not of the other is not what is to be compared. */
async function settledViews(
  { reference, own }: { readonly reference: string; readonly own: string },
  toleranceMs: number,
  valuesOnly: boolean,
): Promise<string[]> {
  let lines: string[] = [];
  const look = async () => {
    lines = await compareViews(reference, own, { toleranceMs, valuesOnly });
    if (lines.length > 0) throw new Error(lines[0]);
  };
  await eventually(look, 4000).catch(() => {});
  return lines;
}

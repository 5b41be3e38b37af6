/** One run: random rules over random data in both systems, compared as they go, standing still, and after `kill -9`. */

import { eventually } from '../../support/poll.ts';
import type { Features } from '../features.ts';
import { compareViews, compareWritten, countWritten, missedBy, type ViewOptions } from './compare.ts';
import { startRulePair } from './pair.ts';
import { makeRuleFiles } from './rule-files.ts';
import { makeTimeline } from './timeline.ts';

/** Alerts are written from the third evaluation after a start; intervals are two seconds at most. */
const LEAD_SECONDS = 7;
/** Until everything has its last state: the longest `for` and `keep_firing_for`, evaluations on top. */
const SETTLE_SECONDS = 13;
/** The longest `query_offset`. */
const LOOKS_BACK_MAX_MS = 1500;
/** Before this, what rules over their own results see depends on when a server started. */
const IGNORED_SECONDS = 8;
/** How far apart the two may be ready, and with that what they take for the length of the outage. */
const RESTART_TOLERANCE_MS = 8000;
const ANY = Number.POSITIVE_INFINITY;

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
  /** Groups that one of the systems had no time for at some moment; what they wrote was not compared. */
  readonly leftOut: number;
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
    await until(startMs);
    const missed = await missedSoFar(pair);
    const stillMs = startMs + (movingSeconds + SETTLE_SECONDS) * 1000;
    // What stands at that second is written by evaluations that are as much later as they look back.
    await until(stillMs + LOOKS_BACK_MAX_MS + 1500);
    const valuesOnly = !features.current;
    const more = [...(await missedSoFar(pair))].filter(([key, n]) => n > (missed.get(key) ?? 0));
    const leftOut = new Set(more.map(([key]) => Number(key.split('/')[1])));
    if (run.sameMoments) {
      const fromMs = startMs + IGNORED_SECONDS * 1000;
      note(
        'written',
        await compareWritten(pair.reference, pair.own, { startMs, fromMs, toMs: stillMs, leftOut }),
      );
    }
    const written = await countWritten(pair.reference, startMs, stillMs);
    note('shown', await settledViews(pair, { startMs, valuesOnly, toleranceMs: run.sameMoments ? 0 : ANY }));
    if (run.restart) {
      await pair.restart();
      await until(Date.now() + LEAD_SECONDS * 1000);
      note(
        'after a restart',
        await settledViews(pair, {
          startMs,
          valuesOnly,
          toleranceMs: run.sameMoments ? RESTART_TOLERANCE_MS : ANY,
        }),
      );
    }
    return { written, texts: files.texts, differences, leftOut: leftOut.size };
  } finally {
    await pair.dispose();
  }
}

/** `system/group` → moments that were left out. */
async function missedSoFar({ reference, own }: Systems): Promise<Map<string, number>> {
  const all = await Promise.all([missedBy(reference), missedBy(own)]);
  return new Map(all.flatMap((missed, i) => [...missed].map(([group, n]) => [`${i}/${group}`, n] as const)));
}

interface Systems {
  readonly reference: string;
  readonly own: string;
}

/** A look between two evaluations of one system and not of the other is not what is to be compared. */
async function settledViews({ reference, own }: Systems, options: ViewOptions): Promise<string[]> {
  let lines: string[] = [];
  const look = async () => {
    lines = await compareViews(reference, own, options);
    if (lines.length > 0) throw new Error(lines[0]);
  };
  await eventually(look, 4000).catch(() => {});
  return lines;
}

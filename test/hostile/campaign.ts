/**
 * A campaign: a server with little memory, honest clients beside, attackers from several processes, and what is seen of it
 * all. `judge` says what a server must still be afterwards.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AttackCounts, AttackerOrders } from './attacker-entry.ts';
import { openHostileTarget } from './attacks/scrape-target.ts';
import type { HonestReport } from './honest-entry.ts';
import { type Peaks, Victim } from './victim.ts';

export interface CampaignOptions {
  readonly memory: string;
  readonly attacks: readonly string[];
  readonly seed: number;
  readonly attackers: number;
  readonly lanes: number;
  readonly strikeMs: number;
  /** 0: each attack once. */
  readonly totalMs: number;
  /** After the attack, before the honest clients stop. */
  readonly afterMs: number;
  readonly progress?: (text: string) => void;
}

export interface CampaignReport {
  readonly memory: string;
  readonly seconds: number;
  readonly base: Peaks;
  readonly peaks: Peaks;
  readonly end: Peaks | undefined;
  readonly survived: boolean;
  readonly exitCode: number | null;
  readonly honest: HonestReport | undefined;
  readonly attacks: AttackCounts;
  readonly log: string;
  readonly diskMiB: number;
  readonly delayMaxMs: number;
}

/** Connections of attackers that were cut off may take a moment to be forgotten. */
const SETTLE_MAX_MS = 15_000;
/** How often the server is asked about itself. */
const LOOK_MS = 5000;
const ENTRY_ARGS = ['--no-warnings', '--max-old-space-size=1500'];

function startEntry(
  file: string,
  argument: unknown,
): { readonly child: ChildProcess; readonly output: Promise<string> } {
  const child = spawn(
    process.execPath,
    [...ENTRY_ARGS, `${import.meta.dirname}/${file}`, JSON.stringify(argument)],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  let text = '';
  child.stdout!.on('data', (data) => {
    text += data;
  });
  const output = new Promise<string>((resolve, reject) => {
    child.on('close', (code) =>
      code === 0 ? resolve(text) : reject(new Error(`${file} ended with ${code}`)),
    );
  });
  return { child, output };
}

function merge(all: readonly AttackCounts[]): AttackCounts {
  const sum: AttackCounts = {};
  for (const counts of all) {
    for (const [attack, outcomes] of Object.entries(counts)) {
      sum[attack] ??= {};
      const into = sum[attack]!;
      for (const [outcome, count] of Object.entries(outcomes)) into[outcome] = (into[outcome] ?? 0) + count;
    }
  }
  return sum;
}

function shares(names: readonly string[], attackers: number, totalMs: number): string[][] {
  // With time enough everybody does everything.
  if (totalMs > 0) return Array.from({ length: attackers }, () => [...names]);
  return Array.from({ length: attackers }, (_, i) => names.filter((_, n) => n % attackers === i));
}

async function attack(victim: Victim, options: CampaignOptions): Promise<AttackCounts> {
  const { attacks, attackers, seed, lanes, strikeMs, totalMs } = options;
  const processes = shares(attacks, attackers, totalMs).map((names, i) => {
    const orders: AttackerOrders = {
      target: victim.target,
      names,
      seed: seed + i,
      lanes,
      strikeMs,
      totalMs,
      from: `127.0.0.${2 + i}`,
    };
    return startEntry('attacker-entry.ts', orders);
  });
  const outputs = await Promise.all(processes.map(({ output }) => output));
  return merge(outputs.map((text) => JSON.parse(text) as AttackCounts));
}

export async function runCampaign(options: CampaignOptions): Promise<CampaignReport> {
  const hostile = await openHostileTarget();
  const victim = await Victim.start({ memory: options.memory, scrapeConfig: hostile.scrapeConfig });
  const startedAt = performance.now();
  const ticker = setInterval(async () => {
    const told = await victim.told();
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    options.progress?.(`${seconds} s: ${JSON.stringify({ ...victim.now(), ...told })}`);
  }, LOOK_MS);
  try {
    const honest = startEntry('honest-entry.ts', victim.target);
    honest.output.catch(() => {});
    await sleep(1000);
    const base = victim.now()!;
    const attacks = await attack(victim, options);
    hostile.close();
    await sleep(options.afterMs);
    honest.child.stdin!.end();
    const report = await honest.output.then(
      (text) => JSON.parse(text) as HonestReport,
      () => undefined,
    );
    const deadline = performance.now() + SETTLE_MAX_MS;
    while (victim.isAlive && victim.now()!.fds > base.fds && performance.now() < deadline) await sleep(200);
    const end = victim.now();
    const survived = victim.isAlive;
    const diskMiB = Math.round(victim.diskMiB);
    const exitCode = await victim.stop();
    return {
      memory: options.memory,
      seconds: Math.round((performance.now() - startedAt) / 1000),
      base,
      peaks: victim.peaks,
      end,
      survived,
      exitCode,
      honest: report,
      attacks,
      log: victim.log,
      diskMiB,
      delayMaxMs: victim.delayMaxMs,
    };
  } finally {
    clearInterval(ticker);
    hostile.close();
    await victim.dispose();
  }
}

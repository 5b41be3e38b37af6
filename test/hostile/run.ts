/**
 * By hand: `node test/hostile/run.ts --minutes 10 [--only NAME[,NAME]] [--seed N] [--memory 300MB] [--attackers N]`.
 * Prints what was seen; ends with 1 where the server is not what it must be.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { ATTACKS } from './attacks.ts';
import { runCampaign } from './campaign.ts';
import { judge, printReport } from './judge.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    memory: { type: 'string', default: '300MB' },
    attackers: { type: 'string', default: '3' },
    lanes: { type: 'string', default: '4' },
    strike: { type: 'string', default: '5' },
    log: { type: 'string' },
  },
});
const only = values.only?.split(',');
const names = ATTACKS.map(({ name }) => name);
const unknown = only?.find((name) => !names.includes(name));
if (unknown) throw new Error(`no attack ${unknown}; there are ${names.join(', ')}`);

process.on('SIGTERM', () => process.exit(1));
const say = (text: string) => process.stdout.write(`${text}\n`);
say(`seed ${values.seed}`);
const report = await runCampaign({
  memory: values.memory,
  attacks: only ?? names,
  seed: Number(values.seed),
  attackers: Number(values.attackers),
  lanes: Number(values.lanes),
  strikeMs: Number(values.strike) * 1000,
  totalMs: Number(values.minutes) * 60_000,
  // Longer than the server waits for headers that do not come.
  afterMs: 25_000,
  progress: say,
});
if (values.log) writeFileSync(values.log, report.log);
say(printReport(report));
const faults = judge(report);
for (const fault of faults) say(`FAULT: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

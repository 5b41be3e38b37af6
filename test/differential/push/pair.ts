/** A Loki and a Trilite that get the same pushes. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { temporaryServer } from '../../support/temporary-server.ts';
import { runLoki } from '../logql/run-loki.ts';
import { ask, differences } from './compare.ts';
import { PushGenerator, type PushRequest } from './requests.ts';

export interface PushDifference {
  readonly request: PushRequest;
  readonly lines: readonly string[];
}

export interface PushTally {
  /** Requests by path and the original's status. */
  readonly statuses: Map<string, number>;
  readonly differences: PushDifference[];
}

/** Sends the requests of these numbers to both, one by one. `onRequest` is told after each. */
export async function pushToBoth(
  seed: number,
  numbers: Iterable<number>,
  onRequest: (tally: PushTally) => void = () => {},
): Promise<PushTally> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-push-'));
  const trilite = await temporaryServer();
  const tally: PushTally = { statuses: new Map(), differences: [] };
  try {
    const loki = await runLoki(dir);
    try {
      const nowMs = Math.floor(Date.now() / 1000) * 1000;
      const generator = new PushGenerator(seed, { nowNs: BigInt(nowMs) * 1_000_000n });
      for (const number of numbers) {
        const request = generator.request(number);
        const [theirs, ours] = await Promise.all([
          ask(loki.base, request, nowMs),
          ask(trilite.server.base, request, nowMs),
        ]);
        const key = `${request.path} ${theirs.status}`;
        tally.statuses.set(key, (tally.statuses.get(key) ?? 0) + 1);
        const lines = differences(theirs, ours);
        if (lines.length > 0) tally.differences.push({ request, lines });
        onRequest(tally);
      }
    } finally {
      await loki.program.stop('SIGKILL');
    }
  } finally {
    await trilite.dispose();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  }
  return tally;
}

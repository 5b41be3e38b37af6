/** A real VictoriaMetrics as a test's peer: the one that `TRILITE_TEST_VICTORIAMETRICS` names. */

import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { eventually } from '../../support/poll.ts';
import { type RunningProgram, skipUnless, startProgram } from '../../support/program.ts';

const VICTORIA = process.env.TRILITE_TEST_VICTORIAMETRICS;
const MISSING = 'VictoriaMetrics is not there: name one in TRILITE_TEST_VICTORIAMETRICS';

/** For a test's `skip` option. */
export const skipWithoutVictoria =
  VICTORIA === undefined ? MISSING : skipUnless(fs.existsSync(VICTORIA), MISSING);

export async function startVictoria(dir: string, port: number): Promise<RunningProgram> {
  const program = startProgram(VICTORIA!, [
    `-storageDataPath=${path.join(dir, 'victoria')}`,
    `-httpListenAddr=127.0.0.1:${port}`,
    '-search.latencyOffset=0s',
    '-search.disableCache',
    '-retentionPeriod=100y',
    '-loggerLevel=ERROR',
  ]);
  await eventually(async () => {
    assert.equal((await fetch(`http://127.0.0.1:${port}/health`)).status, 200);
  });
  return program;
}

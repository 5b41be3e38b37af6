/** A real Alertmanager and Trilite side by side, with the same route and nothing in them. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, startProgram } from '../../support/program.ts';
import { startServer } from '../../support/server.ts';

/** One of another version than the installed one. */
export const OTHER_ALERTMANAGER = process.env.TRILITE_TEST_ALERTMANAGER;
export const ALERTMANAGER =
  OTHER_ALERTMANAGER ?? findProgram('prometheus-alertmanager') ?? findProgram('alertmanager');
export const AMTOOL = findProgram('amtool');
export const MISSING = 'Alertmanager is not installed (Debian: apt-get install prometheus-alertmanager)';

export interface Peers {
  readonly real: string;
  readonly own: string;
  /** Of a version before label names could be any text. */
  readonly isOld: boolean;
  stop(): Promise<void>;
}

export async function startPeers(): Promise<Peers> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-am-peers-'));
  const port = await freePort();
  const config = { route: { receiver: 'shown-only' }, receivers: [{ name: 'shown-only' }] };
  const file = path.join(dir, 'alertmanager.yml');
  fs.writeFileSync(file, JSON.stringify(config));
  const alertmanager = startProgram(ALERTMANAGER!, [
    `--config.file=${file}`,
    `--storage.path=${path.join(dir, 'alertmanager')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--cluster.listen-address=',
  ]);
  const real = `http://127.0.0.1:${port}`;
  const server = await startServer({ dataDir: path.join(dir, 'data') });
  const status = await eventually(async () => {
    const answer = await fetch(`${real}/api/v2/status`);
    return (await answer.json()) as { versionInfo: { version: string } };
  });
  return {
    real,
    own: server.base,
    isOld: /^0\.2[0-6]\./.test(status.versionInfo.version),
    stop: async () => {
      await alertmanager.stop('SIGKILL');
      await server.stop('SIGKILL');
      fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

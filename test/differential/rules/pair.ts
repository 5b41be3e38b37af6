/** A real Prometheus and Trilite side by side with the same rule files, which may be killed and started again. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { type Prometheus, runPrometheus } from '../../clients/prometheus/run-prometheus.ts';
import { freePort } from '../../support/free-port.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody, type WriteSeries } from '../../support/remote-write.ts';
import { startServer, type TestServer } from '../../support/server.ts';
import { runsOf } from '../pair.ts';
import type { RuleFiles } from './rule-files.ts';

const EXTERNAL_URL = 'http://rules.example:9090/prefix';
/** Restored alerts may fire so soon after a restart. */
export const GRACE_SECONDS = 1;

export interface RulePair {
  readonly dir: string;
  readonly reference: string;
  readonly own: string;
  write(series: readonly WriteSeries[]): Promise<void>;
  /** Kills both and starts them again. */
  restart(): Promise<void>;
  dispose(): Promise<void>;
}

export async function startRulePair(
  { texts, queryOffset }: RuleFiles,
  knowsOffset: boolean,
): Promise<RulePair> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-differential-rules-'));
  for (const [file, text] of Object.entries(texts)) fs.writeFileSync(path.join(dir, file), text);
  const config = JSON.stringify({
    global: { external_labels: { dc: 'eu' }, ...(knowsOffset && { rule_query_offset: queryOffset }) },
    rule_files: [path.join(dir, 'rules *.yml')],
  });
  fs.writeFileSync(path.join(dir, 'trilite.yml'), config);
  const flags = [`--web.external-url=${EXTERNAL_URL}`, `--rules.alert.for-grace-period=${GRACE_SECONDS}s`];
  const port = await freePort();
  let reference: Prometheus;
  let own: TestServer;
  const start = async () => {
    [own, reference] = await Promise.all([
      startServer({
        dataDir: path.join(dir, 'data'),
        args: ['--config', path.join(dir, 'trilite.yml'), '--retention', '0', ...flags],
      }),
      runPrometheus({
        dir,
        port,
        config,
        flags: ['--web.route-prefix=/', '--web.enable-remote-write-receiver', ...flags],
      }),
    ]);
  };
  const kill = () => Promise.all([own?.stop('SIGKILL'), reference?.program.stop('SIGKILL')]);
  const dispose = async () => {
    await kill();
    fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await start();
  } catch (error) {
    await dispose();
    throw error;
  }
  return {
    dir,
    get reference() {
      return reference.base;
    },
    get own() {
      return own.base;
    },
    async write(series) {
      const body = remoteWriteBody(series.flatMap(runsOf));
      for (const base of [reference.base, own.base]) {
        const url = `${base}/api/v1/write`;
        const answer = await fetch(url, { method: 'POST', headers: REMOTE_WRITE_HEADERS, body });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
      }
    },
    async restart() {
      await kill();
      await start();
    },
    dispose,
  };
}

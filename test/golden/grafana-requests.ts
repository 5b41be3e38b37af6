/**
 * The recorded suite `grafana`: what Grafana's data sources send, and what of the answers they read. Every data source
 * has a port of its own, as if each were another server; Jaeger's requests go to both of its places.
 */

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestServer } from '../support/server.ts';
import type { RunResult } from './suite-run.ts';

/** Beside the port that every test server has: one for Loki, one for Tempo, and Jaeger's. */
export const GRAFANA_ARGS = [
  '--http',
  '127.0.0.1:0',
  '--http',
  '127.0.0.1:0',
  '--jaeger-http',
  '127.0.0.1:0',
];
const MINUTE_MS = 60_000;

type Outcome = 'pass' | 'fail' | 'skip';

export class GrafanaRequests {
  readonly #dir: string;
  /** When the data was sent. */
  #sentMs = 0;

  /** `dir` has the recorded suites. */
  constructor(dir: string) {
    this.#dir = path.join(dir, 'grafana');
  }

  /** Runs all requests, and sends their data first if `sends`. */
  async run(server: TestServer, sends: boolean): Promise<RunResult> {
    if (sends) {
      // The requests ask for what was up to the last full minute.
      this.#sentMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
      await this.#run('seed.mjs', ['--base', server.base, '--now', String(this.#sentMs)]);
    }
    const [prometheus, loki, tempo, jaeger] = server.readyLine.match(/http:\/\/\S+/g)!;
    const all = await this.#replay([
      `prometheus=${prometheus}`,
      `loki=${loki}`,
      `tempo=${tempo}`,
      `jaeger=${jaeger}`,
      `alertmanager=${prometheus}`,
    ]);
    const under = await this.#replay([`jaeger=${tempo}/jaeger`]);
    const failed = [...all.failed, ...under.failed.map((id) => `${id}@/jaeger`)];
    return { passed: all.passed + under.passed, total: all.total + under.total, failed };
  }

  async #replay(bases: readonly string[]): Promise<RunResult> {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-grafana-'));
    const file = path.join(dir, 'results.json');
    try {
      const requests = path.join(this.#dir, 'requests.open.jsonl');
      const printed = await this.#run('replay.mjs', [requests, ...bases], { RESULTS: file });
      if (!fs.existsSync(file)) throw new Error(`the replay ended early: ${printed.slice(-500)}`);
      const outcomes = Object.entries(JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, Outcome>);
      const of = (wanted: Outcome) => outcomes.filter(([, outcome]) => outcome === wanted).map(([id]) => id);
      const passed = of('pass').length;
      const failed = of('fail').sort();
      return { passed, total: passed + failed.length, failed };
    } finally {
      fs.rmSync(dir, { recursive: true, force: true });
    }
  }

  /** Runs one of the suite's programs and returns what it printed; failed requests are no failure of the program. */
  async #run(
    name: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    // The same questions every time: on a busy machine so much time passes between runs that nothing is current any more.
    const clock = `data:text/javascript,Date.now=()=>${this.#sentMs}`;
    const child = spawn(process.execPath, ['--import', clock, path.join(this.#dir, name), ...args], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    let text = '';
    child.stdout.on('data', (data) => {
      text += data;
    });
    await new Promise((resolve) => child.on('close', resolve));
    return text;
  }
}

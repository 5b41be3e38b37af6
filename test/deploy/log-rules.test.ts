/** The rules of `deploy/rules/logs` in a server whose time a test holds: what fires, with its texts, and what must not. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, it } from 'node:test';
import { HeldClock } from '../../src/base/held-clock.ts';
import { SILENT } from '../../src/base/log.ts';
import { parseCommandLine } from '../../src/config/flags.ts';
import { loadConfig } from '../../src/config.ts';
import { openLocalEngine } from '../../src/local-engine.ts';
import { type Running, start } from '../../src/main.ts';
import { getJson, postBody } from '../support/http-api.ts';

const RULES = path.join(import.meta.dirname, '../../deploy/rules/logs/*.yml');
const MINUTE = 60_000;
/** From here on things go wrong. */
const T = Date.UTC(2031, 4, 1, 12);

const folder = mkdtempSync(path.join(tmpdir(), 'trilite-log-rules-'));
const clock = new HeldClock(T);
let running: Running;
let base: string;

before(async () => {
  const config = path.join(folder, 'trilite.yaml');
  writeFileSync(config, `trilite: { rules: [{ language: logql, files: ['${RULES}'] }] }\n`);
  const loaded = await loadConfig(parseCommandLine(['--config', config, '--data', ':memory:']), {});
  const listen = { http: [{ host: '127.0.0.1', port: 0 }], otlpGrpc: undefined };
  running = await start({ ...loaded, ...listen }, { openEngine: openLocalEngine, log: SILENT, clock });
  base = `http://127.0.0.1:${running.http[0]!.port}`;
  running.begin();
});

after(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Lines {
  readonly line: string;
  /** Minutes from `T` on, at most so many. */
  readonly from: number;
  readonly to: number;
  readonly perMinute: number;
}

/** Streams by service. */
async function push(streams: Readonly<Record<string, readonly Lines[]>>): Promise<void> {
  const body = Object.entries(streams).map(([app, parts]) => ({
    stream: { service_name: app },
    values: parts.flatMap(({ line, from, to, perMinute }) =>
      Array.from({ length: (to - from) * perMinute }, (_, i) => {
        const ms = T + from * MINUTE + Math.round((i * MINUTE) / perMinute);
        return [`${ms}000000`, line];
      }),
    ),
  }));
  await postBody(
    `${base}/loki/api/v1/push`,
    { 'content-type': 'application/json' },
    JSON.stringify({ streams: body }),
  );
}

interface Alert {
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

async function firing(): Promise<readonly string[]> {
  const { data } = await getJson<{ data: { alerts: Alert[] } }>(base, '/prometheus/api/v1/alerts');
  return data.alerts
    .filter(({ state }) => state === 'firing')
    .map(({ labels, annotations }) => {
      const { alertname, severity } = labels;
      return `${alertname} ${severity}: ${annotations.summary} | ${annotations.description}`;
    })
    .sort();
}

it('they fire for what they are about, and for nothing else', async () => {
  const error = 'level=error msg="payment failed"';
  await push({
    // Ten times as many as before, beside as many as ever, and a few more of hardly any.
    surge: [
      { line: error, from: -70, to: 0, perMinute: 6 },
      { line: error, from: 0, to: 20, perMinute: 60 },
    ],
    steady: [{ line: error, from: -70, to: 20, perMinute: 30 }],
    small: [
      { line: error, from: -70, to: 0, perMinute: 1 },
      { line: error, from: 0, to: 20, perMinute: 8 },
    ],
    // None before; and words that only contain it.
    begins: [
      { line: 'level=info msg=paid', from: -70, to: 0, perMinute: 2 },
      { line: error, from: 0, to: 20, perMinute: 30 },
    ],
    words: [{ line: 'level=info terrors=0 msg=errorless', from: -5, to: 20, perMinute: 30 }],
    crashes: [
      { line: 'panic: runtime error: index out of range', from: 3, to: 4, perMinute: 2 },
      { line: 'do not panic: all is well', from: -10, to: 20, perMinute: 1 },
    ],
    calm: [{ line: 'do not panic: all is well', from: -10, to: 20, perMinute: 1 }],
    full: [{ line: 'java.lang.OutOfMemoryError: Java heap space', from: 3, to: 4, perMinute: 3 }],
    // Two lines a second until they end; and one that never wrote much.
    gone: [{ line: 'GET / 200', from: -110, to: -11, perMinute: 90 }],
    rare: [{ line: 'GET / 200', from: -110, to: -11, perMinute: 2 }],
    sshd: [{ line: 'Failed password for root from 192.0.2.7 port 22', from: 0, to: 20, perMinute: 12 }],
    forgetful: [{ line: 'Failed password for me from 192.0.2.8 port 22', from: 0, to: 20, perMinute: 4 }],
    kernel: [{ line: 'blk_update_request: I/O error, dev sda', from: 0, to: 10, perMinute: 1 }],
  });
  await clock.advance(7 * MINUTE);
  assert.deepEqual(await firing(), [
    'LogDiskErrors critical: kernel has trouble with a disk: 5 lines in five minutes | A disk that fails, or one that is full.',
    'LogErrorsBegin warning: begins has begun to write errors: 500m a second | It wrote none in the hour before that.',
    'LogErrorsSurge warning: surge writes more errors than before: 1 a second | More than three times what it wrote in the hour before.',
    'LogLoginsFail warning: logins to sshd fail: 60 in five minutes | Somebody guesses passwords, or a program has an old one.',
    'LogOutOfMemory critical: full has run out of memory | It says so itself, 3 times in five minutes.',
    'LogPanic warning: crashes has crashed, or an exception went uncaught: 2 times in five minutes | The lines that follow say where: `{service_name="crashes"} |~ "panic|Traceback|Exception"`.',
    'LogsGone warning: gone writes no log any more | It wrote 1.5 lines a second an hour ago. It has ended, or what ships its logs has.',
  ]);
});

/**
 * `node test/storage/formats/record.ts [PROGRAM [NAME]]` keeps a database that PROGRAM (`bin/trilite` of this checkout) writes:
 * it is told the story, asked all questions and killed. NAME is `vN` where it is not given, N the version of its format.
 */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { startServer, type TestServer } from '../../support/server.ts';
import { type Receiver, startReceiver, tellAlert } from './alerted.ts';
import { askAll } from './answers.ts';
import { DATABASE, pack, type Recorded } from './fixture.ts';
import { SAMPLING_CONFIG, tellStory, tellWaiting } from './story.ts';

/** The first version with journals. */
const JOURNALS_SINCE = 9;
const ADMIN_SINCE = 5;
/** The first one that knows what receivers were told. */
const ALERTS_SINCE = 11;

function versionOf(dir: string): number {
  const db = new Database(path.join(dir, DATABASE), { readonly: true });
  try {
    return db.pragma('user_version', { simple: true }) as number;
  } finally {
    db.close();
  }
}

async function record(program: string | undefined, name: string | undefined): Promise<void> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-record-'));
  const dataDir = path.join(dir, 'data');
  const start = (...args: string[]): Promise<TestServer> =>
    startServer({ dataDir, args: ['--retention', '0', ...args], ...(program ? { program } : {}) });
  try {
    let server = await start();
    const version = versionOf(dataDir);
    if (version >= ADMIN_SINCE) {
      await server.stop();
      server = await start('--web.enable-admin-api');
    }
    await tellStory(server.base, version);
    let waiting = false;
    let receiver: Receiver | undefined;
    if (version >= JOURNALS_SINCE) {
      await server.stop('SIGKILL');
      const config = path.join(dir, 'trilite.yml');
      fs.writeFileSync(config, SAMPLING_CONFIG);
      if (version >= ALERTS_SINCE) receiver = await startReceiver(dir);
      server = await start('--config', config, ...(receiver?.args ?? []));
      await tellWaiting(server.base);
      if (receiver) await tellAlert(server.base, dataDir, receiver);
      waiting = true;
    }
    const recorded: Recorded = {
      waiting,
      alerted: receiver !== undefined,
      answers: await askAll(server.base),
    };
    await server.stop('SIGKILL');
    await receiver?.recorder.stop();
    const kept = name ?? `v${version}`;
    console.log(`${kept}: ${pack(kept, dataDir, recorded)} bytes`);
  } finally {
    fs.rmSync(dir, { recursive: true, force: true });
  }
}

await record(process.argv[2], process.argv[3]);

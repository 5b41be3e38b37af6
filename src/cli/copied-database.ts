/** Opens a database that no server runs on, to ask it: a copy, so that nothing is written to what was given. */

import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '../base/log.ts';
import { Client } from '../client/client.ts';
import { HttpTransport } from '../client/http-transport.ts';
import { DEFAULT_CONFIG } from '../config/settings.ts';
import { openLocalEngine } from '../local-engine.ts';
import { start } from '../main.ts';
import { TriliteError } from '../model/errors.ts';
import { inspect, isLocked } from '../storage/sqlite/inspect.ts';

const DATABASE_FILE = 'trilite.db';
const ANY_PORT = { host: '127.0.0.1', port: 0 };

export interface OpenedDatabase {
  readonly client: Client;
  /** Where it answers, for as long as it is open. */
  readonly address: URL;
  /** Of what is in it, in ms, inclusive; both 0 where there is nothing. */
  readonly startMs: number;
  readonly endMs: number;
  close(): Promise<void>;
}

/** `path` is a database or the directory of one. Throws `TriliteError` where there is none, or a server runs on it. */
export async function openCopied(path: string): Promise<OpenedDatabase> {
  const file = existsSync(path) && statSync(path).isDirectory() ? join(path, DATABASE_FILE) : path;
  if (!existsSync(file)) throw new TriliteError('bad_data', `there is no database at ${file}`);
  if (isLocked(file))
    throw new TriliteError('bad_data', `a server runs on ${file}: ask it, or take a snapshot`);
  inspect(file);
  const folder = mkdtempSync(join(tmpdir(), 'trilite-opened-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    const copy = join(folder, DATABASE_FILE);
    for (const suffix of ['', '-wal'])
      if (existsSync(file + suffix)) copyFileSync(file + suffix, copy + suffix);
    const running = await start(
      {
        ...DEFAULT_CONFIG,
        dataDir: folder,
        http: [ANY_PORT],
        otlpGrpc: undefined,
        retentionMs: { metrics: 0, logs: 0, traces: 0 },
        selfScrape: false,
        autoReload: false,
      },
      { openEngine: openLocalEngine, log: SILENT },
    );
    // What the log still has is in no block, whose times are known.
    await fetch(`http://127.0.0.1:${running.http[0]!.port}/-/flush`, { method: 'POST' });
    const times = Object.values(inspect(copy).signals).flatMap(({ minMs, maxMs }) =>
      minMs === undefined ? [] : [minMs, maxMs!],
    );
    const address = new URL(`http://127.0.0.1:${running.http[0]!.port}/`);
    const client = new Client(new HttpTransport({ url: address }));
    return {
      client,
      address,
      startMs: times.length > 0 ? Math.min(...times) : 0,
      endMs: times.length > 0 ? Math.max(...times) : 0,
      close: async () => {
        client.close();
        await running.stop();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Incident files and backups of a running server: `POST /api/v1/trilite/snapshot?from=…&to=…` copies a window to a file in the data
 * directory, `POST /api/v1/trilite/backup` everything; the file is sent as it lies on disk and removed.
 */

import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import { join } from 'node:path';
import { Params } from './api/params.ts';
import type { HandledRoute } from './api/route.ts';
import { parseWindow } from './model/moment.ts';
import type { ServiceAnswer } from './query/service.ts';
import type { StorageAdmin } from './storage/interface.ts';

const NAME_BYTES = 8;

export function incidentRoutes(storage: StorageAdmin, dataDir: string, now: () => number): HandledRoute[] {
  return [
    {
      access: 'admin',
      tenants: 'operator',
      methods: ['POST'],
      path: '/api/v1/trilite/snapshot',
      handle: ({ params }) => {
        const given = new Params(params);
        const { startMs, endMs } = parseWindow(given.get('from') || '-1h', given.get('to') || 'now', now());
        return copied(dataDir, (path) => storage.snapshotWindow(path, { startMs, endMs }));
      },
    },
    {
      access: 'admin',
      tenants: 'operator',
      methods: ['POST'],
      path: '/api/v1/trilite/backup',
      handle: () => copied(dataDir, (path) => storage.snapshot(path, { skipHead: false })),
    },
  ];
}

async function copied(dataDir: string, copy: (path: string) => Promise<void>): Promise<ServiceAnswer> {
  const path = join(dataDir, `.incident-${randomBytes(NAME_BYTES).toString('hex')}.partial`);
  try {
    await copy(path);
    const { size } = await fs.stat(path);
    return {
      status: 200,
      contentType: 'application/vnd.sqlite3',
      // By this its receiver tells a whole file from one that broke off.
      headers: {
        'Trilite-File-Bytes': String(size),
        'Content-Disposition': 'attachment; filename="incident.db"',
      },
      body: new Uint8Array(0),
      rest: sent(path),
    };
  } catch (error) {
    await removed(path);
    throw error;
  }
}

/** The file, which is gone when it was sent or its receiver is. */
async function* sent(path: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of createReadStream(path)) yield piece as Uint8Array;
  } finally {
    await removed(path);
  }
}

async function removed(path: string): Promise<void> {
  for (const suffix of ['', '-wal', '-shm', '-journal']) await fs.rm(path + suffix, { force: true });
}

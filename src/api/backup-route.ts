/** `GET /api/v1/trilite/backup`: everything that is acknowledged, as one database file, while the server goes on. */

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { HandledRoute } from './route.ts';

export const BACKUP_PATH = '/api/v1/trilite/backup';
const PIECE_BYTES = 256 * 1024;

/** `copy` resolves with the path of a copy, and with how to remove it, once it has been sent or nobody wants it any more. */
export function backupRoute(
  copy: () => Promise<{ readonly path: string; remove(): Promise<void> }>,
): HandledRoute {
  return {
    access: 'admin',
    methods: ['GET'],
    path: BACKUP_PATH,
    // All of every tenant is in it.
    tenants: 'operator',
    handle: async () => {
      const { path, remove } = await copy();
      const { size } = await stat(path);
      async function* pieces(): AsyncGenerator<Uint8Array, void> {
        try {
          yield* createReadStream(path, { highWaterMark: PIECE_BYTES }) as AsyncIterable<Uint8Array>;
        } finally {
          await remove();
        }
      }
      return {
        status: 200,
        contentType: 'application/vnd.sqlite3',
        body: new Uint8Array(0),
        headers: { 'X-Trilite-Bytes': String(size) },
        rest: pieces(),
      };
    },
  };
}

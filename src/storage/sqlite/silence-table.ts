/**
 * SQL of silences. A row's definition is text that `alertmanager` reads and writes and nothing here looks into. Each row is
 * under a checksum: what damage altered must not hide alerts that nobody silenced.
 */

import zlib from 'node:zlib';
import type { SilenceKey, StoredSilence } from '../interface.ts';
import type { Connection } from './database.ts';

export interface SilenceTable {
  /** In the order of their keys. */
  all(): StoredSilence[];
  /** Adds them, or replaces those of their keys, in one transaction. */
  put(silences: readonly StoredSilence[]): void;
  remove(keys: readonly SilenceKey[]): void;
}

interface Row extends StoredSilence {
  readonly crc: number;
}

function crcOf({ tenant, id, definition }: StoredSilence): number {
  return zlib.crc32(JSON.stringify([tenant, id, definition]));
}

/** `onDamage` is told what is damaged, in one line; the silence is left out. */
export function silenceTable(db: Connection, onDamage: (what: string) => void = () => {}): SilenceTable {
  const all = db.prepare('SELECT tenant, id, definition, crc FROM silence ORDER BY tenant, id');
  const put = db.prepare('INSERT OR REPLACE INTO silence (tenant, id, definition, crc) VALUES (?, ?, ?, ?)');
  const remove = db.prepare('DELETE FROM silence WHERE tenant = ? AND id = ?');
  return {
    all: () =>
      (all.all() as Row[]).flatMap(({ crc, ...silence }) => {
        if (crcOf(silence) === crc) return [silence];
        onDamage(`silence ${silence.id} is damaged: what it hid is shown again`);
        return [];
      }),
    put: db.transaction((silences: readonly StoredSilence[]) => {
      for (const silence of silences) {
        put.run(silence.tenant, silence.id, silence.definition, crcOf(silence));
      }
    }),
    remove: db.transaction((keys: readonly SilenceKey[]) => {
      for (const { tenant, id } of keys) remove.run(tenant, id);
    }),
  };
}

/**
 * SQL of what the built-in Alertmanager must not forget: alerts, and what receivers were told of them. A row's definition is text that
 * `alertmanager` reads and writes and nothing here looks into. Each row is under a checksum: of what is damaged somebody is rather
 * told once more.
 */

import zlib from 'node:zlib';
import type { AlertStateKey, StoredAlertState } from '../interface.ts';
import type { Connection } from './database.ts';

export interface AlertStateTable {
  /** In the order of their keys. */
  all(): StoredAlertState[];
  /** Adds or replaces some and removes others, in one transaction. */
  change(put: readonly StoredAlertState[], remove: readonly AlertStateKey[]): void;
}

interface Row extends StoredAlertState {
  readonly crc: number;
}

function crcOf({ tenant, kind, key, definition }: StoredAlertState): number {
  return zlib.crc32(JSON.stringify([tenant, kind, key, definition]));
}

/** `onDamage` is told what is damaged, in one line; the row is left out. */
export function alertStateTable(
  db: Connection,
  onDamage: (what: string) => void = () => {},
): AlertStateTable {
  const all = db.prepare(
    'SELECT tenant, kind, key, definition, crc FROM alert_state ORDER BY tenant, kind, key',
  );
  const put = db.prepare(
    'INSERT OR REPLACE INTO alert_state (tenant, kind, key, definition, crc) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = db.prepare('DELETE FROM alert_state WHERE tenant = ? AND kind = ? AND key = ?');
  return {
    all: () =>
      (all.all() as Row[]).flatMap(({ crc, ...state }) => {
        if (crcOf(state) === crc) return [state];
        onDamage(`what is known of ${state.kind} ${state.key} is damaged and left out`);
        return [];
      }),
    change: db.transaction((added: readonly StoredAlertState[], gone: readonly AlertStateKey[]) => {
      for (const state of added) put.run(state.tenant, state.kind, state.key, state.definition, crcOf(state));
      for (const { tenant, kind, key } of gone) remove.run(tenant, kind, key);
    }),
  };
}

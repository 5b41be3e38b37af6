/**
 * SQL of rule groups that came over an API. A row's definition is text that `rules` reads and writes and nothing here
 * looks into. Each row is under a checksum: a rule that damage altered must not be evaluated as if somebody wrote it.
 */

import zlib from 'node:zlib';
import type { RuleGroupSelector, StoredRuleGroup } from '../interface.ts';
import type { Connection } from './database.ts';

export interface RuleTable {
  /** In the order of their keys. */
  all(): StoredRuleGroup[];
  /** Adds it, or replaces the one of its key. */
  put(group: StoredRuleGroup): void;
  /** Returns how many there were. */
  remove(which: RuleGroupSelector): number;
}

interface Row extends StoredRuleGroup {
  readonly crc: number;
}

function crcOf({ tenant, language, namespace, name, definition }: StoredRuleGroup): number {
  return zlib.crc32(JSON.stringify([tenant, language, namespace, name, definition]));
}

/** `onDamage` is told what is damaged, in one line; the group is left out. */
export function ruleTable(db: Connection, onDamage: (what: string) => void = () => {}): RuleTable {
  const all = db.prepare(
    'SELECT tenant, language, namespace, name, definition, crc FROM rule_group ORDER BY tenant, language, namespace, name',
  );
  const put = db.prepare(
    'INSERT OR REPLACE INTO rule_group (tenant, language, namespace, name, definition, crc) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const where = 'tenant = ? AND language = ? AND namespace = ?';
  const removeOne = db.prepare(`DELETE FROM rule_group WHERE ${where} AND name = ?`);
  const removeAll = db.prepare(`DELETE FROM rule_group WHERE ${where}`);
  return {
    all: () =>
      (all.all() as Row[]).flatMap(({ crc, ...group }) => {
        if (crcOf(group) === crc) return [group];
        const { namespace, name } = group;
        onDamage(`rule group ${JSON.stringify(`${namespace}/${name}`)} is damaged and left out`);
        return [];
      }),
    put(group) {
      const { tenant, language, namespace, name, definition } = group;
      put.run(tenant, language, namespace, name, definition, crcOf(group));
    },
    remove({ tenant, language, namespace, name }) {
      const done =
        name === undefined
          ? removeAll.run(tenant, language, namespace)
          : removeOne.run(tenant, language, namespace, name);
      return done.changes;
    },
  };
}

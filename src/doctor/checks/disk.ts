/** Room for what is stored: of the file system, of budgets, and how it will go on. */

import { type Finding, finder } from '../finding.ts';
import type { Signal, Snapshot } from '../snapshot.ts';
import { bytesText, countText, DAY_MS, percentText, spanText } from '../words.ts';

const find = finder('disk');

const FREE_SHARE = 0.1;
const FREE_PROBLEM_SHARE = 0.03;
/** Enough to write a flush and merge blocks. */
const FREE_LEAST_BYTES = 512 * 1024 * 1024;
const DAYS_PROBLEM = 3;
const DAYS_WARN = 14;
const BUDGET_SHARE = 0.9;
/** A log that a flush has not cut for long. */
const WAL_MAX_BYTES = 1024 ** 3;
/** Of the database that is empty pages: given back in idle time. */
const EMPTY_SHARE = 0.5;
const EMPTY_LEAST_BYTES = 1024 ** 3;

/** File systems where a lock or a sync does not hold what it promises. */
const REMOTE = /^(nfs4?|cifs|smb3?|9p|fuse\.sshfs|fuse\.s3fs|ceph|glusterfs)$/;

const SIGNALS: readonly Signal[] = ['metrics', 'logs', 'traces'];

export function freeSpace(s: Snapshot): Finding[] {
  const { disk } = s.host;
  if (!disk) return [];
  const { freeBytes, totalBytes } = disk;
  const share = freeBytes / totalBytes;
  const evidence = {
    free_bytes: freeBytes,
    total_bytes: totalBytes,
    database_bytes: s.stored?.databaseBytes ?? 0,
  };
  const of = `${bytesText(freeBytes)} of ${bytesText(totalBytes)} free where the data is`;
  if (share > FREE_SHARE || (share > FREE_PROBLEM_SHARE && freeBytes > FREE_LEAST_BYTES * 8)) {
    return [find('free', 'ok', of, evidence)];
  }
  const isFull = freeBytes < FREE_LEAST_BYTES || share < FREE_PROBLEM_SHARE;
  const remedy =
    'keep less: --retention.budget SIZE takes the oldest data when the database passes it, --retention.metrics and so on by age; or a larger disk. A full disk refuses everything until there is room';
  return [find('free', isFull ? 'problem' : 'warn', of, evidence, remedy)];
}

/** Growth ends where retention takes as much as comes: what is expected by then has to fit. */
export function growth({ stored, host, config }: Snapshot): Finding[] {
  if (!stored || !host.disk) return [];
  const perDay = SIGNALS.reduce((sum, signal) => sum + (stored.bytesPerDay[signal] ?? 0), 0);
  if (perDay === 0) return [];
  let leftBytes = 0;
  for (const signal of SIGNALS) {
    const keptDays =
      config.retentionMs[signal] === 0 ? Number.POSITIVE_INFINITY : config.retentionMs[signal] / DAY_MS;
    const rate = stored.bytesPerDay[signal] ?? 0;
    if (rate > 0) leftBytes += Math.max(0, rate * keptDays - stored.blockBytes[signal]);
  }
  if (config.budgetBytes > 0)
    leftBytes = Math.min(leftBytes, Math.max(0, config.budgetBytes - stored.databaseBytes));
  const roomBytes = host.disk.freeBytes + stored.freeBytes;
  const days = leftBytes > roomBytes ? roomBytes / perDay : Number.POSITIVE_INFINITY;
  const evidence = {
    bytes_per_day: Math.round(perDay),
    ...(Number.isFinite(leftBytes) && { bytes_to_come: Math.round(leftBytes) }),
    ...(Number.isFinite(days) && { days_until_full: Number(days.toFixed(1)) }),
  };
  const rate = `${bytesText(perDay)} a day`;
  if (days > DAYS_WARN) {
    const summary = Number.isFinite(days)
      ? `${rate}: the disk is full in ${Math.round(days)} days`
      : `${rate}: what retention keeps fits on the disk`;
    return [find('growth', Number.isFinite(days) ? 'info' : 'ok', summary, evidence)];
  }
  const summary = `at ${rate} the disk is full in ${days < 1 ? 'less than a day' : countText(Math.round(days), 'day')}`;
  const remedy =
    'set --retention.budget SIZE below the size of the disk, or keep data for less long (--retention.metrics, --retention.logs, --retention.traces)';
  return [find('growth', days < DAYS_PROBLEM ? 'problem' : 'warn', summary, evidence, remedy)];
}

export function budget({ stored, config }: Snapshot): Finding[] {
  if (!stored || config.budgetBytes === 0) return [];
  const usedBytes = stored.databaseBytes - stored.freeBytes;
  const share = usedBytes / config.budgetBytes;
  const evidence = { used_bytes: usedBytes, budget_bytes: config.budgetBytes };
  const summary = `the database has ${bytesText(usedBytes)} of its budget of ${bytesText(config.budgetBytes)} (${percentText(share)})`;
  if (share < BUDGET_SHARE) return [find('budget', 'ok', summary, evidence)];
  return [
    find(
      'budget',
      'warn',
      `${summary}: the oldest data goes before its age`,
      evidence,
      'raise --retention.budget, or send less (see cardinality)',
    ),
  ];
}

export function database({ stored, readings }: Snapshot): Finding[] {
  const found: Finding[] = [];
  const damaged = readings.sum('trilite_damaged_pages') + readings.sum('trilite_writer_damaged_pages');
  if (damaged > 0) {
    const remedy =
      'queries leave these places out. The log says where; check the disk (`dmesg`, SMART), keep a snapshot, and restore the file from a backup if it goes on';
    found.push(
      find(
        'damaged',
        'problem',
        `${countText(damaged, 'place')} of the database found damaged`,
        { places: damaged },
        remedy,
      ),
    );
  }
  if (stored && stored.walBytes > WAL_MAX_BYTES) {
    const remedy =
      'a flush cuts it: is the disk full, does the log tell of flushes that fail, or is a remote of remote_write far behind?';
    found.push(
      find(
        'wal',
        'warn',
        `the write-ahead log has ${bytesText(stored.walBytes)}`,
        { wal_bytes: stored.walBytes },
        remedy,
      ),
    );
  }
  if (
    stored &&
    stored.freeBytes > EMPTY_LEAST_BYTES &&
    stored.freeBytes > stored.databaseBytes * EMPTY_SHARE
  ) {
    const summary = `${bytesText(stored.freeBytes)} of the database file are empty: they are used again, or given back in idle time`;
    found.push(
      find('empty', 'info', summary, { free_bytes: stored.freeBytes, database_bytes: stored.databaseBytes }),
    );
  }
  if (found.length === 0 && stored) {
    const { databaseBytes, walBytes } = stored;
    found.push(
      find('database', 'ok', `the database is sound, ${bytesText(databaseBytes)}`, {
        database_bytes: databaseBytes,
        wal_bytes: walBytes,
      }),
    );
  }
  return found;
}

export function place({ host, config }: Snapshot): Finding[] {
  if (config.keepsNothing) {
    return [
      find(
        'place',
        'warn',
        'nothing is kept: the data directory is :memory:',
        {},
        'give it a directory: --data DIR',
      ),
    ];
  }
  const { fileSystem } = host;
  if (fileSystem === undefined) return [];
  const evidence = { file_system: fileSystem, data: config.dataDir };
  if (fileSystem === 'tmpfs' || fileSystem === 'ramfs') {
    return [
      find(
        'place',
        'warn',
        `the data directory is in memory (${fileSystem}): it is gone with the machine`,
        evidence,
        'put --data DIR on a disk',
      ),
    ];
  }
  if (REMOTE.test(fileSystem)) {
    return [
      find(
        'place',
        'problem',
        `the data directory is on a network file system (${fileSystem}): locks and syncs may not hold there`,
        evidence,
        'put --data DIR on a local disk or block device',
      ),
    ];
  }
  if (fileSystem === 'overlay') {
    return [
      find(
        'place',
        'warn',
        "the data directory is in the container's own layer: it is gone with the container",
        evidence,
        'mount a volume at the data directory',
      ),
    ];
  }
  return [find('place', 'ok', `the data directory is on ${fileSystem}`, evidence)];
}

/** Asked for what is not kept any more, or not yet. */
export function retentionAsked({ surfaces, config }: Snapshot): Finding[] {
  const names: Readonly<Record<string, Signal>> = { prometheus: 'metrics', loki: 'logs', tempo: 'traces' };
  return surfaces.flatMap(({ surface, farthestMs }) => {
    const signal = names[surface];
    const kept = signal && config.retentionMs[signal];
    if (!kept || farthestMs <= kept * 1.01) return [];
    const summary = `${signal} are asked for ${spanText(farthestMs)} back, and kept for ${spanText(kept)}`;
    return [
      find(
        'retention',
        'info',
        summary,
        { signal, asked: spanText(farthestMs), kept: spanText(kept) },
        `--retention.${signal} DURATION keeps them longer`,
      ),
    ];
  });
}

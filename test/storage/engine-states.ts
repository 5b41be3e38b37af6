/** The states in which data can lie in the local engine: the conformance suite runs on each. */

import fs from 'node:fs';
import path from 'node:path';
import type { LocalStorage } from '../../src/storage/engine.ts';
import type { AppendOutcome, StorageReader } from '../../src/storage/interface.ts';
import { openEngine, tempDir, withReader } from './local-engine.ts';

export const ENGINE_STATES = [
  'all in the head',
  'all flushed',
  'half flushed, half in the head',
  'killed and opened again',
  'closed and opened again',
  'flushed piece by piece',
  'compacted',
  'compacted, flushed and in the head',
] as const;
export type EngineState = (typeof ENGINE_STATES)[number];

export interface EngineInState {
  read<T>(use: (reader: StorageReader) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Copies the database as a killed process leaves it. */
export function copyOfFiles(dir: string): string {
  const copy = tempDir();
  for (const file of ['trilite.db', 'trilite.db-wal', 'trilite.db-shm']) {
    if (fs.existsSync(path.join(dir, file))) fs.copyFileSync(path.join(dir, file), path.join(copy, file));
  }
  return copy;
}

/** An engine to which `append(storage, i)` was applied for i in [0, batches), in the state. */
export async function engineIn(
  state: EngineState,
  batches: number,
  append: (storage: LocalStorage, i: number) => Promise<AppendOutcome>,
): Promise<EngineInState> {
  let dir = tempDir();
  let storage = await openEngine(dir);
  const half = Math.ceil(batches / 2);
  for (let i = 0; i < batches; i++) {
    await (await append(storage, i)).durable;
    if (state === 'flushed piece by piece' || state === 'compacted') await storage.flush();
    if (state === 'compacted, flushed and in the head' && i === half) await storage.flush();
    if (i + 1 !== half) continue;
    if (state === 'half flushed, half in the head' || state === 'killed and opened again')
      await storage.flush();
    if (state === 'compacted, flushed and in the head') await storage.flush({ compact: true });
  }
  if (state === 'all flushed') await storage.flush();
  if (state === 'compacted') await storage.flush({ compact: true });
  if (state === 'closed and opened again') {
    await storage.close();
    storage = await openEngine(dir);
  }
  if (state === 'killed and opened again') {
    const killed = storage;
    dir = copyOfFiles(dir);
    storage = await openEngine(dir);
    await killed.close();
  }
  return {
    read: (use) => withReader(storage, dir, use),
    close: () => storage.close(),
  };
}

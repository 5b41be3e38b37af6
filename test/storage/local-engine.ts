/** Opens local engines in temporary directories for tests, and readers on them without a thread. */

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { compileEntryPredicate } from '../../src/query/logs/entry-predicate.ts';
import { type LocalStorage, openStorage, type StorageOptions } from '../../src/storage/engine.ts';
import type { AskHead } from '../../src/storage/head/snapshot.ts';
import { ReaderStorage } from '../../src/storage/select/reader-storage.ts';

const dirs: string[] = [];

/** A directory that is removed when the test file is done. */
export function tempDir(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'trilite-test-'));
  dirs.push(dir);
  return dir;
}

const engines: LocalStorage[] = [];

// A failed test leaves its engine open, whose threads would keep the process alive.
after(async () => {
  await Promise.allSettled(engines.map((engine) => engine.close()));
  for (const dir of dirs) fs.rmSync(dir, { recursive: true, force: true });
});

/** An engine on the directory; closed when the test file is done at the latest. */
export async function openEngine(dir: string, options: Partial<StorageOptions> = {}): Promise<LocalStorage> {
  const engine = await openStorage({
    path: path.join(dir, 'trilite.db'),
    durability: 'process',
    retentionMs: {},
    ...options,
  });
  engines.push(engine);
  return engine;
}

/** Runs `read` over one snapshot of the engine, of what came after the generation. */
export async function withReader<T>(
  storage: LocalStorage,
  dir: string,
  read: (reader: ReaderStorage) => Promise<T>,
  after = 0,
): Promise<T> {
  const ask = (async (request: unknown) => storage.heads.answer(request)) as AskHead;
  const loadPredicates = async () => compileEntryPredicate;
  const file = path.join(dir, 'trilite.db');
  const reader = new ReaderStorage(file, ask, undefined, undefined, loadPredicates);
  reader.begin(after);
  try {
    return await read(reader);
  } finally {
    reader.end();
    reader.close();
  }
}

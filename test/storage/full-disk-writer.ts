/**
 * The writer's entry for a test: the real one, whose disk can be made full. A number posted to the channel is the
 * most pages that the database may have.
 */

import { BroadcastChannel } from 'node:worker_threads';
import Database from 'better-sqlite3';

export const DISK_CHANNEL = 'trilite-test-disk';

const connections: Database.Database[] = [];
const { pragma } = Database.prototype;
Database.prototype.pragma = function (this: Database.Database, source, options) {
  if (source.startsWith('journal_mode') && !connections.includes(this)) connections.push(this);
  return pragma.call(this, source, options);
};

const channel = new BroadcastChannel(DISK_CHANNEL);
channel.onmessage = (event) => {
  const pages = (event as { data: number }).data;
  for (const db of connections) pragma.call(db, `max_page_count = ${pages}`);
  channel.postMessage('done');
};
(channel as unknown as { unref(): void }).unref();

await import('../../src/storage/sqlite/writer-entry.ts');

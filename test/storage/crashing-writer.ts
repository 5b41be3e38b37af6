/** The writer's entry for a test: the real one, whose thread breaks down when it is asked for statistics. */

import { parentPort } from 'node:worker_threads';
import '../../src/storage/sqlite/writer-entry.ts';

parentPort!.on('message', (message: { request: { kind: string } }) => {
  if (message.request.kind === 'stats') throw new Error('the thread breaks down');
});

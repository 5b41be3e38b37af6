/** Entry of the thread that sends metrics on to remotes; it runs where there are some. */

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { LocalMetricLog } from '../../storage/select/metric-log.ts';
import { RemoteSender } from './remote-sender.ts';
import type { FromWriteThread, ToWriteThread, WriteThreadData } from './write-protocol.ts';

/** Rows of so long are read together. */
const GATHER_MS = 100;

assert(parentPort, 'sending on runs in a worker thread');
const port = parentPort;
const data = workerData as WriteThreadData;
const waiting = new Int32Array(data.waiting);

const post = (message: FromWriteThread) => port.postMessage(message);
const damaged = (what: string) =>
  post({ kind: 'log', level: 'error', message: 'what is to be sent on is damaged', fields: { what } });

const sender = new RemoteSender({
  openLog: (after) => new LocalMetricLog(data.path, after, data.nativeBinding, damaged),
  userAgent: data.userAgent,
  post,
});
let gathering: NodeJS.Timeout | undefined;

function gather(): void {
  if (gathering) return;
  gathering = setTimeout(() => {
    gathering = undefined;
    // Before reading: what is committed from now on is told of.
    Atomics.store(waiting, 0, 1);
    sender.pump();
  }, GATHER_MS);
}

port.on('message', (message: ToWriteThread) => {
  if (message.kind === 'rows') gather();
  else if (message.kind === 'apply') {
    sender.apply(message).then(gather, (error: Error) => {
      // Uncaught: the thread ends, and is started anew.
      setImmediate(() => {
        throw error;
      });
    });
  } else void sender.stop().then(() => port.close());
});

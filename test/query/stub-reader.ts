/** A reader's entry for tests of the pool: services that echo, ask, wait, fail and break down. */

import { parentPort, threadId, workerData } from 'node:worker_threads';
import type { FromReader, ReaderData, ToReader } from '../../src/query/worker-protocol.ts';

const port = parentPort!;
const cancelled = new Int32Array((workerData as ReaderData).cancel);
const waiting = new Map<number, (answer: unknown) => void>();

function done(job: number, value: unknown): void {
  const body = new Uint8Array(Buffer.from(JSON.stringify(value)));
  const message: FromReader = {
    kind: 'done',
    job,
    status: 200,
    contentType: 'application/json',
    body,
    headers: { 'x-thread': String(threadId) },
    damagedPages: 3,
  };
  port.postMessage(message, [body.buffer]);
}

function failed(job: number, error: 'canceled' | 'bad_data', message: string): void {
  port.postMessage({ kind: 'failed', job, error, message } satisfies FromReader);
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'head') {
    waiting.get(message.ask)?.(message.answer);
    return;
  }
  const { job } = message;
  switch (message.service) {
    case 'echo':
      return done(job, message.request.params);
    case 'ask':
      waiting.set(job, (answer) => done(job, answer));
      return port.postMessage({ kind: 'ask', ask: job, request: 'question' } satisfies FromReader);
    case 'wait': {
      const timer = setInterval(() => {
        if (Atomics.load(cancelled, 0) !== job) return;
        clearInterval(timer);
        failed(job, 'canceled', 'the client went away');
      }, 1);
      return;
    }
    case 'hang':
      for (;;);
    case 'refuse':
      return failed(job, 'bad_data', 'no such thing');
    case 'crash':
      throw new Error('broken');
    case 'exit':
      return process.exit(1);
  }
});

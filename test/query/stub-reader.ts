/** A reader's entry for tests of the pool: services that echo, ask, wait, stream, fail and break down. */

import { parentPort, threadId, workerData } from 'node:worker_threads';
import { polledAbort } from '../../src/base/polled-signal.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { PieceSender } from '../../src/query/piece-sender.ts';
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

const pieces = new PieceSender((message, transfer) => port.postMessage(message, transfer));
/** Pieces made of all streams so far. */
let made = 0;

/** `count` pieces of one byte, their number; the job fails where `count` is not a number. */
async function stream(job: number, count: number): Promise<void> {
  const { signal } = polledAbort(() =>
    Atomics.load(cancelled, 0) === job ? new TriliteError('canceled', 'the client went away') : undefined,
  );
  async function* make(): AsyncGenerator<Uint8Array> {
    for (let i = 0; Number.isNaN(count) ? i < 1 : i < count; i++, made++) yield Uint8Array.of(i);
    if (Number.isNaN(count)) throw new TriliteError('execution', 'half of it');
  }
  const body = new Uint8Array(0);
  const begun = { kind: 'begun', job, status: 200, contentType: 'x/y', body, headers: undefined } as const;
  port.postMessage(begun satisfies FromReader);
  try {
    await pieces.send(job, make(), signal);
    port.postMessage({ kind: 'ended', job, damagedPages: 4 } satisfies FromReader);
  } catch (error) {
    const { kind, message } = error as TriliteError;
    port.postMessage({ kind: 'failed', job, error: kind, message } satisfies FromReader);
  }
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'head') {
    waiting.get(message.ask)?.(message.answer);
    return;
  }
  if (message.kind === 'more') {
    pieces.more(message.job);
    return;
  }
  if (message.kind !== 'job') return;
  const { job } = message;
  switch (message.service) {
    case 'echo':
      return done(job, message.request.params);
    case 'made':
      return done(job, made);
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
    case 'stream':
      return void stream(job, Number(message.request.params[0]?.[1]));
    case 'refuse':
      return failed(job, 'bad_data', 'no such thing');
    case 'crash':
      throw new Error('broken');
    case 'exit':
      return process.exit(1);
  }
});

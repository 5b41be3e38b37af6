/**
 * Entry of the tail thread, which runs while there are tails: it has their pipelines, so that what a line costs is not
 * the front's, and makes the frames that the front only passes on.
 */

import { parentPort, workerData } from 'node:worker_threads';
import { printTailFrame } from '../../../api/loki/tail-frame.ts';
import { assert } from '../../../base/assert.ts';
import { ByteReader } from '../../../base/bytes.ts';
import { systemClock } from '../../../base/clock.ts';
import { Labels } from '../../../model/labels.ts';
import { decodeEntries } from './entry-batch.ts';
import type { FromTailThread, TailData, TailOptions, ToTailThread } from './tail-protocol.ts';
import type { TailedEntry } from './tail-query.ts';
import { TailRun } from './tail-run.ts';

interface OpenTail {
  /** Its bit in the entries. */
  readonly bit: number;
  readonly run: TailRun;
}

assert(parentPort, 'tails run in a worker thread');
const port = parentPort;
const taken = new Uint32Array((workerData as TailData).taken);
const tails = new Map<number, OpenTail>();
const streams = new Map<number, Labels>();

function post(message: FromTailThread, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

function open(tail: number, bit: number, options: TailOptions): void {
  const run = new TailRun(options.query, options.delayMs, {
    clock: systemClock,
    send: (entries, dropped) => {
      const bytes = printTailFrame(options, entries, dropped);
      const { length } = bytes;
      post({ kind: 'frame', tail, bytes }, [bytes.buffer]);
      return length;
    },
  });
  tails.set(tail, { bit, run });
}

function learn(defined: Uint8Array): void {
  const input = new ByteReader(defined);
  while (!input.done) streams.set(input.varint(), Labels.readFrom(input));
}

function take({ entries, lost, streams: defined, forget }: Extract<ToTailThread, { kind: 'entries' }>): void {
  if (forget) streams.clear();
  if (defined) learn(defined);
  for (const run of decodeEntries(entries)) {
    const stream = streams.get(run.streamId);
    assert(stream, `stream ${run.streamId} is known`);
    for (const [tail, of] of tails) {
      if ((run.tails & of.bit) === 0) continue;
      guarded(tail, () => (lost ? loseAll(of.run, stream, run) : of.run.take(stream, run)));
    }
  }
  Atomics.add(taken, 0, entries.length);
}

function loseAll(to: TailRun, stream: Labels, run: { timesMs: Float64Array; timesNs: Uint32Array }): void {
  run.timesMs.forEach((ms, i) => {
    to.drop({ ms, ns: run.timesNs[i]!, labels: stream.pairs });
  });
}

/** A tail that fails ends, and no other. */
function guarded(tail: number, work: () => void): void {
  try {
    work();
  } catch (error) {
    close(tail);
    post({ kind: 'failed', tail, message: (error as Error).message });
  }
}

function close(tail: number): void {
  tails.get(tail)?.run.close();
  tails.delete(tail);
}

function readBacklog(body: Uint8Array): TailedEntry[] {
  return JSON.parse(Buffer.from(body).toString('utf8')) as TailedEntry[];
}

function receive(message: ToTailThread): void {
  const run = message.kind === 'entries' ? undefined : tails.get(message.tail)?.run;
  if (message.kind === 'open') open(message.tail, message.bit, message.options);
  else if (message.kind === 'entries') take(message);
  else if (message.kind === 'backlog') run?.backlog(readBacklog(message.body));
  else if (message.kind === 'sent') run?.sent(message.bytes);
  else close(message.tail);
}

port.on('message', (message: ToTailThread) => {
  if (message.kind === 'entries') receive(message);
  else guarded(message.tail, () => receive(message));
});

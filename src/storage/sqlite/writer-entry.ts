/** Entry of the writer thread: messages in, `Writer` calls, answers out. */

import { parentPort } from 'node:worker_threads';
import { assert } from '../../base/assert.ts';
import { returnMemory } from '../../base/memory-return.ts';
import type { LoadEntryPredicates } from '../interface.ts';
import { isCorruption } from './corruption.ts';
import { passingError } from './passing-error.ts';
import type { Writer } from './writer.ts';
import { type OpenEvents, openWriter } from './writer-open.ts';
import type { WriterMessage, WriterRequest } from './writer-protocol.ts';

assert(parentPort, 'the writer runs in a worker thread');
const port = parentPort;
let writer: Writer | undefined;

function post(message: WriterMessage, transfer: ArrayBuffer[] = []): void {
  port.postMessage(message, transfer);
}

/** LogQL is loaded when a request that looks at entries is carried out. */
const loadPredicates: LoadEntryPredicates = async () =>
  (await import('../../query/logs/entry-predicate.ts')).compileEntryPredicate;

/** A start has better things to do at first. */
const VERIFY_AFTER_MS = 500;
/** Between slices of checking: it takes a fifth of the thread. */
const VERIFY_PAUSE_MS = 20;

async function handle(request: WriterRequest): Promise<unknown> {
  if (request.kind === 'open') {
    const events: OpenEvents = {
      record: (generation, records) => post({ replay: records, generation }),
      again: () => post({ replayAgain: true }),
      damage: (what) => post({ damage: what }),
    };
    const opened = openWriter(request, events, loadPredicates);
    writer = opened.writer;
    if (writer.isCheckDue(Date.now()))
      setTimeout(() => void opened.writer.verify(VERIFY_PAUSE_MS), VERIFY_AFTER_MS).unref();
    return opened.answer;
  }
  assert(writer, 'the writer was opened first');
  switch (request.kind) {
    case 'wal':
      return writer.wal(request);
    case 'flush':
      return writer.flush(request);
    case 'compact':
      return writer.compact(request);
    case 'retention':
      return writer.retention(request);
    case 'set-retention':
      return writer.setRetention(request);
    case 'delete':
      return writer.delete(request);
    case 'clean-tombstones':
      return writer.cleanTombstones();
    case 'forget':
      return writer.forget(request.generation);
    case 'marks':
      writer.marks = request.generations;
      return;
    case 'add-delete-request':
      return writer.addDeleteRequest(request);
    case 'cancel-delete-request':
      return writer.cancelDeleteRequest(request);
    case 'carry-out-deletes':
      return writer.carryOutDeletes(request);
    case 'list-delete-requests':
      return writer.deleteRequests();
    case 'snapshot':
      return writer.snapshot(request);
    case 'dead-series':
      return writer.deadSeries();
    case 'remove-series':
      return writer.removeSeries(request);
    case 'probe':
      return writer.probe(request);
    case 'rules':
      return writer.rules.all();
    case 'put-rules':
      return writer.rules.put(request.group);
    case 'remove-rules':
      return writer.rules.remove(request.which);
    case 'silences':
      return writer.silences.all();
    case 'put-silences':
      return writer.silences.put(request.silences);
    case 'remove-silences':
      return writer.silences.remove(request.keys);
    case 'alert-state':
      return writer.alertState.all();
    case 'change-alert-state':
      return writer.alertState.change(request.put, request.remove);
    case 'journal-append':
      return writer.journalAppend(request);
    case 'journal-cut':
      return writer.journalCut(request);
    case 'journal-read':
      return writer.journalRead(request);
    case 'keep-metric-log':
      return writer.keepMetricLog(request.after);
    case 'stats':
      return writer.stats();
    case 'blocks':
      return writer.blocks(request.signal);
    case 'close':
      return writer.close();
  }
}

/** After these the thread may hold much that it needs no more: commits come between them and do not wait for it. */
const LARGE_WORK: ReadonlySet<WriterRequest['kind']> = new Set(['flush', 'compact', 'retention']);

port.on('message', (message: { id: number; request: WriterRequest }) => {
  const { kind } = message.request;
  const handled = handle(message.request);
  if (LARGE_WORK.has(kind)) void handled.catch(() => {}).then(() => setImmediate(returnMemory));
  handled.then(
    (answer) => {
      post({ id: message.id, answer });
      if (kind === 'close') port.close();
    },
    (error: unknown) => {
      if (isCorruption(error)) writer?.corrupt(error);
      const passing = isCorruption(error) ? undefined : passingError(error);
      const e = passing ?? (error instanceof Error ? error : new Error(String(error)));
      const errorKind = (e as { kind?: string }).kind;
      post({
        id: message.id,
        error: errorKind ? { message: e.message, kind: errorKind } : { message: `${e.message}\n${e.stack}` },
      });
    },
  );
});

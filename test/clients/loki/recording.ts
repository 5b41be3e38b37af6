/**
 * What a real sender of logs sent, request by request, byte for byte: made by `recorder.ts`, kept in `recorded/`. A
 * recording can be sent again to any server, and says what must be read back from it.
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type LabelSet, type LogEntry, logEntries } from '../../support/http-api.ts';

export interface RecordedRequest {
  readonly method: string;
  /** With its query string. */
  readonly path: string;
  /** Lower-case names; those of the connection and of the machine are left out. */
  readonly headers: LabelSet;
  /** Base64 of the bytes on the wire. */
  readonly body: string;
}

export interface SentEntry {
  readonly labels: LabelSet;
  /** Nanoseconds since the epoch. */
  readonly ns: string;
  readonly line: string;
  readonly metadata?: LabelSet;
}

export interface Recording {
  /** Program and version. */
  readonly sender: string;
  /** LogQL that selects what it sent. */
  readonly query: string;
  readonly requests: readonly RecordedRequest[];
  /** All that the requests hold, decoded by other means than Trilite's. */
  readonly entries: readonly SentEntry[];
}

export const FOLDER = new URL('./recorded/', import.meta.url);

export function readRecording(name: string): Recording {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8')) as Recording;
}

/** Sends the requests one after the other; each must be answered with 2xx. */
export async function replay(base: string, recording: Recording): Promise<void> {
  for (const { method, path, headers, body } of recording.requests) {
    const answer = await fetch(base + path, { method, headers, body: Buffer.from(body, 'base64') });
    const text = await answer.text();
    assert.ok(answer.ok, `${recording.sender}: ${path} answered ${answer.status}: ${text}`);
  }
}

const NS_PER_HOUR = 3_600_000_000_000n;

/**
 * The server must have the entries that were sent under `query`, and no others: same nanoseconds, lines, labels and
 * metadata. As from Loki, `service_name` and `detected_level` are added to what comes without, and a pair of metadata
 * that has the name of a label is told apart by a suffix.
 */
export async function assertReadBack(base: string, query: string, sent: readonly SentEntry[]): Promise<void> {
  const times = sent.map(({ ns }) => BigInt(ns));
  const first = times.reduce((a, b) => (a < b ? a : b));
  const last = times.reduce((a, b) => (a > b ? a : b));
  const got = await logEntries(base, query, first - NS_PER_HOUR, last + NS_PER_HOUR);
  const expected = sent.map(({ labels, ns, line, metadata = {} }) => {
    const told = Object.entries(metadata).map(([name, value]) => [
      labels[name] === undefined ? name : `${name}_extracted`,
      value,
    ]);
    return { ns, line, stream: labels, metadata: Object.fromEntries(told) as LabelSet };
  });
  assert.deepEqual(got.map((entry) => withoutAdded(entry, sent)).sort(inOrder), expected.sort(inOrder));
}

function withoutAdded(entry: LogEntry, sent: readonly SentEntry[]): LogEntry {
  const { service_name, ...stream } = entry.stream;
  const { detected_level, ...metadata } = entry.metadata;
  assert.ok(service_name, `no service_name: ${JSON.stringify(entry)}`);
  const isSent = (pick: (one: SentEntry) => LabelSet | undefined, name: string) =>
    sent.some((one) => pick(one)?.[name] !== undefined);
  return {
    ...entry,
    stream: isSent(({ labels }) => labels, 'service_name') ? entry.stream : stream,
    metadata: isSent((one) => one.metadata, 'detected_level') ? entry.metadata : metadata,
  };
}

function inOrder(a: LogEntry, b: LogEntry): number {
  return orderKey(a) < orderKey(b) ? -1 : 1;
}

function orderKey({ ns, line, stream }: LogEntry): string {
  const labels = Object.entries(stream).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([ns, labels, line]);
}

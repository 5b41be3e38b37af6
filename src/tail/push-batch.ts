/**
 * Entries on their way out, gathered into Loki's push message: the form that remote clients get, that the journal keeps,
 * and that this server decodes as it decodes any push, so that an entry means the same whichever way it takes.
 *
 * An entry is encoded the moment it comes: what is kept is a run of bytes per stream, to which each client puts labels
 * of its own.
 */

import { ProtoWriter } from '../base/protobuf-writer.ts';
import { normalizeMetadataName, streamText } from '../ingest/decode/stream-labels.ts';
import { TriliteError } from '../model/errors.ts';
import { Labels } from '../model/labels.ts';
import type { TailEntry } from './pipeline/entry.ts';

/** Field numbers and wire types of PushRequest, Stream, Entry, Timestamp and LabelPair. */
const TAG = {
  stream: 10,
  labels: 10,
  entry: 18,
  time: 10,
  seconds: 8,
  nanos: 16,
  line: 18,
  pair: 26,
  name: 10,
  value: 18,
} as const;
const NS_PER_MS = 1_000_000;
const STREAM_START_BYTES = 1024;
/** Names of metadata that are remembered; beyond it all are forgotten. */
const NAMES_MAX = 4096;

interface Stream {
  readonly labels: Labels;
  readonly entries: ProtoWriter;
}

/** A message for one client and one tenant. */
export interface Parcel {
  /** The client's name; empty where it is for this server. */
  readonly client: string;
  readonly tenant: string;
  readonly entries: number;
  /** PushRequest, not compressed. */
  readonly body: Uint8Array;
}

export class PushBatch {
  readonly #tenants = new Map<string, Map<string, Stream>>();
  /** The labels of the entry before, and their stream: a target's entries mostly share one map. */
  #lastLabels: ReadonlyMap<string, string> | undefined;
  #lastTenant: string | undefined;
  #lastStream: Stream | undefined;
  bytes = 0;
  entries = 0;
  readonly #counts = new Map<string, number>();

  /** `labelsShared`: the same map always has the same labels. */
  add(entry: TailEntry, labelsShared: boolean): void {
    const stream = this.#streamOf(entry, labelsShared);
    const out = stream.entries;
    const before = out.length;
    writeEntry(out, entry);
    this.bytes += out.length - before;
    this.entries++;
  }

  /** The messages for a client; entries without a tenant of their own get the client's. */
  *parcels(client: string, tenant: string, external: Readonly<Record<string, string>>): Iterable<Parcel> {
    for (const [own, streams] of this.#tenants) {
      const body = bodyOf([...streams.values()], external);
      yield { client, tenant: own || tenant, entries: this.#counts.get(own)!, body };
    }
  }

  #streamOf(entry: TailEntry, labelsShared: boolean): Stream {
    const tenant = entry.tenant ?? '';
    this.#counts.set(tenant, (this.#counts.get(tenant) ?? 0) + 1);
    if (labelsShared && entry.labels === this.#lastLabels && tenant === this.#lastTenant) {
      return this.#lastStream!;
    }
    let streams = this.#tenants.get(tenant);
    if (!streams) this.#tenants.set(tenant, (streams = new Map()));
    const labels = Labels.from(entry.labels);
    let stream = streams.get(labels.key());
    if (!stream) {
      stream = { labels, entries: new ProtoWriter(STREAM_START_BYTES) };
      streams.set(labels.key(), stream);
    }
    this.#lastLabels = labelsShared ? entry.labels : undefined;
    this.#lastTenant = tenant;
    this.#lastStream = stream;
    return stream;
  }
}

function bodyOf(streams: readonly Stream[], external: Readonly<Record<string, string>>): Uint8Array {
  const size = streams.reduce((sum, s) => sum + s.entries.length, 0);
  const out = new ProtoWriter(size + 256 * streams.length);
  for (const { labels, entries } of streams) {
    out.u8(TAG.stream);
    const start = out.length;
    out.u8(TAG.labels);
    // What is no UTF-8 in a value would have the whole message refused.
    out.text(streamText(withExternal(labels, external)).replaceAll('\ufffd', ' '));
    out.bytes(entries.view());
    out.closeLength(start);
  }
  return out.take();
}

/** A label of the entry's own wins. */
function withExternal(labels: Labels, external: Readonly<Record<string, string>>): Labels {
  let out = labels;
  for (const [name, value] of Object.entries(external)) if (!out.has(name)) out = out.with(name, value);
  return out;
}

function writeEntry(out: ProtoWriter, entry: TailEntry): void {
  out.u8(TAG.entry);
  const start = out.length;
  out.u8(TAG.time);
  const timeStart = out.length;
  writeTime(out, entry.timeMs, entry.timeNs);
  out.closeLength(timeStart);
  out.u8(TAG.line);
  out.text(entry.line);
  for (const [name, value] of entry.metadata) {
    if (value === '' || !isMetadataName(name)) continue;
    out.u8(TAG.pair);
    const pairStart = out.length;
    out.u8(TAG.name);
    out.text(name);
    out.u8(TAG.value);
    out.text(value);
    out.closeLength(pairStart);
  }
  out.closeLength(start);
}

function writeTime(out: ProtoWriter, timeMs: number, timeNs: number): void {
  const seconds = Math.floor(timeMs / 1000);
  const nanos = (timeMs - seconds * 1000) * NS_PER_MS + timeNs;
  if (seconds !== 0) {
    out.u8(TAG.seconds);
    if (seconds > 0) out.varint(seconds);
    else out.varint64(BigInt(seconds));
  }
  if (nanos === 0) return;
  out.u8(TAG.nanos);
  out.varint(nanos);
}

const knownNames = new Map<string, boolean>();

/** Whether a server will take the name: one that means nothing fails a whole push. */
function isMetadataName(name: string): boolean {
  let valid = knownNames.get(name);
  if (valid !== undefined) return valid;
  try {
    valid = normalizeMetadataName(name) !== '';
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    valid = false;
  }
  if (knownNames.size >= NAMES_MAX) knownNames.clear();
  knownNames.set(name, valid);
  return valid;
}

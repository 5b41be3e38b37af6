/**
 * Loki's push request as its clients build it: protobuf by protobufjs from the message definition that Promtail and
 * the Docker driver share, snappy in block format.
 */

import protobuf from 'protobufjs';
import { compress } from 'snappyjs';

const { root } = protobuf.parse(`
  syntax = "proto3";
  package logproto;
  message Timestamp { int64 seconds = 1; int32 nanos = 2; }
  message LabelPair { string name = 1; string value = 2; }
  message Entry { Timestamp timestamp = 1; string line = 2; repeated LabelPair structuredMetadata = 3; }
  message Stream { string labels = 1; repeated Entry entries = 2; uint64 hash = 3; }
  message PushRequest { repeated Stream streams = 1; }
`);
const PushRequest = root.lookupType('logproto.PushRequest');

export interface PushEntry {
  readonly ns: bigint;
  readonly line: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface PushStream {
  readonly labels: Readonly<Record<string, string>>;
  readonly entries: readonly PushEntry[];
}

/** `{a="b", c="d"}`, sorted and quoted as Go quotes. */
export function labelText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${pairs.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(', ')}}`;
}

/** Snappy-compressed protobuf. */
export function protobufPush(streams: readonly PushStream[]): Uint8Array {
  const message = PushRequest.fromObject({
    streams: streams.map(({ labels, entries }, i) => ({
      labels: labelText(labels),
      // A client's own hash of the labels; a receiver must not trust it.
      hash: i + 1,
      entries: entries.map(({ ns, line, metadata }) => ({
        timestamp: { seconds: String(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) },
        line,
        structuredMetadata: Object.entries(metadata ?? {}).map(([name, value]) => ({ name, value })),
      })),
    })),
  });
  return compress(PushRequest.encode(message).finish());
}

/** The JSON of the same. */
export function jsonPush(streams: readonly PushStream[]): string {
  return JSON.stringify({
    streams: streams.map(({ labels, entries }) => ({
      stream: labels,
      values: entries.map(({ ns, line, metadata }) => [String(ns), line, ...(metadata ? [metadata] : [])]),
    })),
  });
}

/**
 * Loki's push request as its clients build it, and taken apart again: protobuf by protobufjs from the message
 * definition that Promtail and the Docker driver share, snappy in block format.
 */

import { gunzipSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { compress, uncompress } from 'snappyjs';
import type { LabelSet } from '../../support/http-api.ts';
import type { SentEntry } from './recording.ts';

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

/** What a push body holds, in its order. */
export function decodedPush(headers: LabelSet, body: Uint8Array): SentEntry[] {
  const plain = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  const isJson = headers['content-type']?.startsWith('application/json');
  return isJson ? decodedJson(Buffer.from(plain).toString()) : decodedProtobuf(uncompress(plain));
}

/** Also the older form, whose labels are text and whose times are dates. */
function decodedJson(text: string): SentEntry[] {
  interface Stream {
    readonly stream: LabelSet;
    readonly values: readonly (readonly [ns: string, line: string, metadata?: LabelSet])[];
  }
  interface OldStream {
    readonly labels: string;
    readonly entries: readonly { readonly ts: string; readonly line: string }[];
  }
  const { streams } = JSON.parse(text) as { streams: readonly (Stream | OldStream)[] };
  return streams.flatMap((one) =>
    'labels' in one
      ? one.entries.map(({ ts, line }) => ({ labels: parsedLabels(one.labels), ns: nsOfDate(ts), line }))
      : one.values.map(([ns, line, metadata]) => ({
          labels: one.stream,
          ns,
          line,
          ...(metadata && { metadata }),
        })),
  );
}

/** Of a date with any number of decimals; `Date` alone drops those below milliseconds. */
function nsOfDate(text: string): string {
  const [, date, decimals = '', zone] = /^(.{19})(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/.exec(text)!;
  return `${Date.parse(`${date}${zone}`) / 1000}${decimals.padEnd(9, '0')}`;
}

function decodedProtobuf(bytes: Uint8Array): SentEntry[] {
  interface Push {
    readonly streams: readonly {
      readonly labels: string;
      readonly entries: readonly {
        readonly timestamp: { readonly seconds: string; readonly nanos: number };
        readonly line: string;
        readonly structuredMetadata: readonly { readonly name: string; readonly value: string }[];
      }[];
    }[];
  }
  const message = PushRequest.toObject(PushRequest.decode(bytes), { longs: String, defaults: true });
  return (message as Push).streams.flatMap(({ labels, entries }) =>
    entries.map(({ timestamp, line, structuredMetadata }) => ({
      labels: parsedLabels(labels),
      ns: String(BigInt(timestamp.seconds) * 1_000_000_000n + BigInt(timestamp.nanos)),
      line,
      ...(structuredMetadata.length > 0 && {
        metadata: Object.fromEntries(structuredMetadata.map(({ name, value }) => [name, value])),
      }),
    })),
  );
}

/** The labels of `{a="b", c="d"}`. */
function parsedLabels(text: string): LabelSet {
  const pairs = text.matchAll(/(\w+)=("(?:[^"\\]|\\.)*")/g);
  return Object.fromEntries([...pairs].map(([, name, value]) => [name!, unquoted(value!)]));
}

/** A text that Go quoted: JSON, but for what Go writes of some control characters. */
function unquoted(text: string): string {
  const asJson = text.replace(/\\(?:x([0-9a-f]{2})|(a)|(v)|.)/g, (all, hex, bell, tab) => {
    if (hex) return `\\u00${hex}`;
    return bell ? '\\u0007' : tab ? '\\u000b' : all;
  });
  return JSON.parse(asJson) as string;
}

/** What is in a file, told by its first bytes. */

import { ByteError } from '../base/bytes.ts';
import { ProtoReader, WIRE } from '../base/protobuf.ts';
import { TriliteError } from '../model/errors.ts';
import { FRAME_HEAD_BYTES } from './frame-file.ts';
import { endsAsOpenMetrics, type InputFile } from './input-file.ts';

export const FILE_FORMATS = [
  'openmetrics',
  'prometheus',
  'remote-write',
  'loki-push',
  'loki-json',
  'otlp-traces',
  'otlp-logs',
  'otlp-json',
] as const;
export type FileFormat = (typeof FILE_FORMATS)[number];

const JSON_KEY = /^\s*\{\s*"([A-Za-z_]+)"\s*:/;
const OTLP_KEYS: ReadonlySet<string> = new Set([
  'resourceSpans',
  'resource_spans',
  'resourceLogs',
  'resource_logs',
  'resourceMetrics',
  'resource_metrics',
]);

/** Throws `bad_data` where it is nothing that can be imported. */
export async function formatOf(input: InputFile): Promise<FileFormat | undefined> {
  const { head, path } = input;
  if (head.length === 0) return undefined;
  if (head[0] === 0) return framedFormat(head, path);
  const text = Buffer.from(head).toString('utf8');
  const [, key] = JSON_KEY.exec(text) ?? [];
  if (key === 'streams') return 'loki-json';
  if (key !== undefined && OTLP_KEYS.has(key)) return 'otlp-json';
  if (!/^\s*(#|[a-zA-Z_:{])/.test(text) || key !== undefined) {
    const formats =
      'OpenMetrics or Prometheus text, Loki or OTLP as lines of JSON, or messages with their lengths';
    throw new TriliteError('bad_data', `${path} is nothing that can be imported: neither ${formats}`);
  }
  if (path === '-') {
    // In one of them timestamps are seconds, in the other milliseconds, and what tells them apart is the last line.
    throw new TriliteError(
      'bad_data',
      'say --format openmetrics or prometheus for metrics from standard input',
    );
  }
  return (await endsAsOpenMetrics(path)) ? 'openmetrics' : 'prometheus';
}

function framedFormat(head: Uint8Array, path: string): FileFormat {
  const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
  const message = head.subarray(FRAME_HEAD_BYTES, FRAME_HEAD_BYTES + length);
  // Field 4 of the one request, 3 of the other.
  if (message[0] === 0x22 || message[0] === 0x1a) return 'remote-write';
  try {
    const format = nestedFormat(message);
    if (format) return format;
  } catch (error) {
    if (!(error instanceof ByteError)) throw error;
  }
  throw new TriliteError(
    'bad_data',
    `${path} has messages of a kind that is not known; say --format if you know it`,
  );
}

/**
 * Streams begin with their labels as text, `{…}`; resources are messages. A span begins with its trace's id, a record of a log
 * with its time.
 */
function nestedFormat(message: Uint8Array): FileFormat | undefined {
  const r = new ProtoReader(message);
  // The message may be longer than the part of it that is looked at: enter what is there.
  const into = (field: number): boolean => {
    while (r.pos < r.end) {
      const tag = r.tag();
      if (tag >> 3 === field && (tag & 7) === WIRE.length) {
        const length = r.varint();
        r.end = Math.min(r.end, r.pos + length);
        return true;
      }
      r.skip();
    }
    return false;
  };
  if (!into(1)) return undefined;
  const start = r.pos;
  const firstTag = message[start];
  if (firstTag === 0x0a && message[start + (message[start + 1]! > 0x7f ? 3 : 2)] === 0x7b) return 'loki-push';
  if (!into(2) || !into(2)) return undefined;
  const tag = message[r.pos];
  return tag === 0x0a
    ? 'otlp-traces'
    : tag === 0x09 || tag === 0x10 || tag === 0x59
      ? 'otlp-logs'
      : undefined;
}

/**
 * The journal: two files that are written in turn, so that one of them is always whole. A record is written before its
 * lines are sent anywhere and says what is sent and where reading stands once it has arrived:
 *
 *     crc32 u32 │ length of the rest u32 │ length of the head u32 │ head, JSON │ messages, one behind the other
 *
 * The next record is written when the one before has arrived everywhere. After a crash the newest whole record is
 * therefore the only one that may not have arrived: its messages are sent once more as they are, and as a store keeps
 * what is equal once, none is there twice. No fsync is needed against the end of a process; `syncs` asks for it where
 * a power cut must not matter either.
 */

import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { Parcel } from './push-batch.ts';

const PREFIX_BYTES = 12;
const SLOTS = ['0', '1'] as const;

/** What tells a file from others, at whatever path it stands. */
export interface FileIdentity {
  readonly device: number;
  readonly inode: number;
  /** Of its first bytes, and how many those are. */
  readonly headCrc: number;
  readonly headBytes: number;
}

/** In a stream of lines with times: the last line's, and how many lines of that time were taken. */
export interface Cursor {
  readonly seconds: number;
  readonly nanos: number;
  readonly lines: number;
}

/** Where reading stands in one source. */
export interface Mark {
  readonly job: string;
  /** A path, or `cursor-…`. */
  readonly key: string;
  /** As the positions file has it. */
  readonly value: string;
  readonly file?: FileIdentity;
  /** The file is not at its path any more. */
  readonly isMoved?: boolean;
  /** Of a source that is not a file: how far each of its streams was taken. */
  readonly cursors?: Readonly<Record<string, Cursor>>;
}

/** What a mark is of: a file, whatever its path is by now, or a stream. */
export function rowKey({ job, key, file }: Mark): string {
  return JSON.stringify(file ? [job, file.device, file.inode] : [job, key]);
}

interface Head {
  readonly sequence: number;
  /** Of the positions file as it was written last; 0 where there was none. */
  readonly positionsCrc: number;
  readonly marks: readonly Mark[];
  readonly others: Readonly<Record<string, string>>;
  readonly parcels: readonly { client: string; tenant: string; entries: number; bytes: number }[];
}

export interface JournalRecord {
  readonly positionsCrc: number;
  readonly marks: readonly Mark[];
  /** What the positions file says of keys that have no mark. Any other key in it has become another file's since. */
  readonly others: Readonly<Record<string, string>>;
  readonly parcels: readonly Parcel[];
}

export class Journal {
  readonly #files: readonly FileHandle[];
  readonly #syncs: boolean;
  #sequence: number;

  private constructor(files: readonly FileHandle[], sequence: number, syncs: boolean) {
    this.#files = files;
    this.#sequence = sequence;
    this.#syncs = syncs;
  }

  /** Opens `path.journal-0` and `-1`, made where they are missing, and reads the newest whole record. */
  static async open(
    path: string,
    syncs: boolean,
  ): Promise<{ journal: Journal; last: JournalRecord | undefined }> {
    const files: FileHandle[] = [];
    let last: (JournalRecord & { sequence: number }) | undefined;
    for (const slot of SLOTS) {
      const file = await openSlot(`${path}.journal-${slot}`);
      files.push(file);
      const found = readRecord(await file.readFile());
      if (found && (!last || found.sequence > last.sequence)) last = found;
    }
    return { journal: new Journal(files, last?.sequence ?? 0, syncs), last };
  }

  /** `marks` and `others` come printed. Resolves when the record would survive the end of the process. */
  async write(
    positionsCrc: number,
    marks: readonly string[],
    others: string,
    parcels: readonly Parcel[],
  ): Promise<void> {
    const sequence = ++this.#sequence;
    const told = parcels.map((p) => ({
      client: p.client,
      tenant: p.tenant,
      entries: p.entries,
      bytes: p.body.length,
    }));
    const head = Buffer.from(
      `{"sequence":${sequence},"positionsCrc":${positionsCrc},"marks":[${marks.join()}],"others":${others},"parcels":${JSON.stringify(told)}}`,
    );
    const prefix = Buffer.alloc(PREFIX_BYTES);
    const record = Buffer.concat([prefix, head, ...parcels.map((p) => p.body)]);
    record.writeUInt32LE(record.length - 8, 4);
    record.writeUInt32LE(head.length, 8);
    record.writeUInt32LE(crc32(record.subarray(4)), 0);
    const file = this.#files[sequence % SLOTS.length]!;
    await file.write(record, 0, record.length, 0);
    if (this.#syncs) await file.datasync();
  }

  async close(): Promise<void> {
    for (const file of this.#files) await file.close();
  }
}

async function openSlot(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r+');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return open(path, 'w+', 0o600);
  }
}

/** The record that the bytes begin with, undefined where they are none, or not whole. */
export function readRecord(bytes: Buffer): (JournalRecord & { readonly sequence: number }) | undefined {
  if (bytes.length < PREFIX_BYTES) return undefined;
  const end = 8 + bytes.readUInt32LE(4);
  const headEnd = PREFIX_BYTES + bytes.readUInt32LE(8);
  if (end > bytes.length || headEnd > end) return undefined;
  if (crc32(bytes.subarray(4, end)) !== bytes.readUInt32LE(0)) return undefined;
  const head = JSON.parse(bytes.toString('utf8', PREFIX_BYTES, headEnd)) as Head;
  let at = headEnd;
  const parcels = head.parcels.map(({ bytes: length, ...parcel }) => {
    const body = Uint8Array.from(bytes.subarray(at, at + length));
    at += length;
    return { ...parcel, body };
  });
  const { sequence, positionsCrc, marks, others } = head;
  return { sequence, positionsCrc, marks, others, parcels };
}

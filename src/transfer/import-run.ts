/** A file into a server or a data directory. */

import { TriliteError } from '../model/errors.ts';
import { type FileFormat, formatOf } from './file-format.ts';
import type { ImportBatch } from './import-batch.ts';
import { type InputFile, openInput } from './input-file.ts';
import { readExposition } from './read-exposition.ts';
import { readFramed, readLokiLines, readOtlpLines } from './read-messages.ts';

export interface ImportTarget {
  /** Resolves when what is taken of it is durable; what is not is counted. Throws `TriliteError` where it cannot go on. */
  take(batch: ImportBatch): Promise<void>;
}

export interface Progress {
  readonly path: string;
  readonly bytesRead: number;
  readonly bytesTotal: number | undefined;
}

/** Throws `TriliteError` at the first thing in the file that is wrong; what stood before it is stored. */
export async function importFile(
  path: string,
  format: FileFormat | undefined,
  target: ImportTarget,
  onProgress: (progress: Progress) => void = () => {},
): Promise<void> {
  const input = await openInput(path);
  const is = format ?? (await formatOf(input));
  if (is === undefined) return;
  for await (const batch of batchesOf(input, is)) {
    await target.take(batch);
    onProgress({ path, bytesRead: input.bytesRead(), bytesTotal: input.bytesTotal });
  }
}

function batchesOf({ path, pieces }: InputFile, format: FileFormat): AsyncIterable<ImportBatch> {
  switch (format) {
    case 'openmetrics':
    case 'prometheus':
      return readExposition(path, pieces, format);
    case 'remote-write':
      return readFramed(path, pieces, 'samples');
    case 'loki-push':
      return readFramed(path, pieces, 'push');
    case 'loki-json':
      return readLokiLines(path, pieces);
    case 'otlp-traces':
    case 'otlp-logs':
      return readFramed(path, pieces, format);
    case 'otlp-json':
      return readOtlpLines(path, pieces);
  }
}

/** Of a directory that an export wrote. Throws `bad_data`. */
export function filesOfManifest(text: string, path: string): string[] {
  try {
    const { files } = JSON.parse(text) as { files?: unknown };
    if (Array.isArray(files)) {
      const names = files.map((file: { name?: unknown }) => file.name);
      if (names.every((name) => typeof name === 'string' && /^[\w.-]+$/.test(name))) return names as string[];
    }
  } catch {
    // Said below.
  }
  throw new TriliteError('bad_data', `${path} is no manifest of an export`);
}

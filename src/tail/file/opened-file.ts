/** A file opened to be followed: what tells it from others, and what is known of it. */

import { type FileHandle, open, stat } from 'node:fs/promises';
import type { FileIdentity, Mark } from '../journal.ts';
import { hasHead, identityOf, readHead } from './file-head.ts';

export interface OpenedFile {
  readonly path: string;
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
  readonly head: Buffer;
  readonly size: number;
}

/** Undefined where it has gone meanwhile, or is not for us to read. */
export async function openFile(
  path: string,
  onError: (error: NodeJS.ErrnoException) => void = () => {},
): Promise<OpenedFile | undefined> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const at = await handle.stat();
    const head = await readHead(handle);
    return { path, handle, identity: identityOf(at, head), head, size: at.size };
  } catch (error) {
    await handle?.close();
    onError(error as NodeJS.ErrnoException);
    return undefined;
  }
}

export async function inodeAt(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.ino;
}

/** The row of this very file. */
export function knownRow(file: OpenedFile, rows: readonly Mark[]): Mark | undefined {
  return rows.find(({ key, value, file: known }) => {
    if (known?.inode !== file.identity.inode) return false;
    // Devices are numbered anew when the machine starts.
    const isSame = known.device === file.identity.device || key === file.path;
    return isSame && Number(value) <= file.size && hasHead(file.head, known);
  });
}

/** Reading groups of spans from a cursor. */

import { TriliteError } from '../../model/errors.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { SpanGroupCursor } from '../../storage/interface.ts';

/** Reads a cursor to its end. The groups are valid until the cursor is closed. */
export async function readGroups(cursor: SpanGroupCursor, signal: AbortSignal): Promise<SpanGroup[]> {
  const groups: SpanGroup[] = [];
  while (await cursor.nextBatch()) {
    throwIfAborted(signal);
    while (cursor.next()) groups.push(cursor.group());
  }
  return groups;
}

/** Walks a cursor and closes it, so that the columns of a group need not outlive their turn. */
export async function eachGroup(
  cursor: SpanGroupCursor,
  signal: AbortSignal,
  use: (group: SpanGroup) => void,
): Promise<void> {
  try {
    while (await cursor.nextBatch()) {
      throwIfAborted(signal);
      while (cursor.next()) {
        const group = cursor.group();
        use(group);
        cursor.passed(group);
      }
    }
  } finally {
    cursor.close();
  }
}

export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const { reason } = signal;
  throw reason instanceof TriliteError ? reason : new TriliteError('canceled', 'the request was canceled');
}

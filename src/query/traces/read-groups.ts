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

export function throwIfAborted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const { reason } = signal;
  throw reason instanceof TriliteError ? reason : new TriliteError('canceled', 'the request was canceled');
}

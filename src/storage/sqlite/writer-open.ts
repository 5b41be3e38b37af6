/**
 * Opening the database for the writer, whatever state it is in: a damaged one is salvaged first, where a start or a
 * query before found it so or where this start does. What is lost is reported, one line each.
 */

import fs from 'node:fs';
import type { LoadEntryPredicates } from '../interface.ts';
import { isCorruption, notedCorruption, type Report } from './corruption.ts';
import { type Connection, createEmpty } from './database.ts';
import { refuseNewerVersion } from './file-version.ts';
import { lockForWriting } from './lock.ts';
import { finishSalvage, salvage } from './salvage.ts';
import { Writer } from './writer.ts';
import type { OpenAnswer, OpenRequest } from './writer-protocol.ts';

/** Who is told what a start finds. */
export interface OpenEvents {
  /** A row of the WAL. */
  record(generation: number, records: Uint8Array): void;
  /** The rows so far are void: they come again. */
  again(): void;
  damage: Report;
}

/** Throws `TriliteError` where the database is in use, of a newer version, or damaged beyond salvage. */
export function openWriter(
  request: OpenRequest,
  events: OpenEvents,
  loadPredicates?: LoadEntryPredicates,
): { readonly writer: Writer; readonly answer: OpenAnswer } {
  const { path } = request;
  refuseNewerVersion(path);
  const isEmpty = fs.existsSync(path) && fs.statSync(path).size === 0;
  const lock = lockForWriting(path, request.nativeBinding);
  // Told when there is a writer to count it.
  const found: string[] = [];
  const note = (what: string) => found.push(what);
  try {
    finishSalvage(path);
    if (isEmpty) note(`database ${path} is empty, 0 bytes long: what it held is lost`);
    const noted = notedCorruption(path);
    if (noted !== undefined && fs.existsSync(path)) mend(request, noted, note);
    try {
      return open(request, lock, events, found, loadPredicates);
    } catch (error) {
      if (!isCorruption(error)) throw error;
      events.again();
      mend(request, `database ${path} is damaged: ${(error as Error).message}`, note);
      return open(request, lock, events, found, loadPredicates);
    }
  } catch (error) {
    lock.close();
    throw error;
  }
}

function mend(request: OpenRequest, why: string, report: Report): void {
  const create = (path: string, version: number | undefined): Connection =>
    createEmpty(path, request, version);
  salvage(request.path, why, create, report, request.nativeBinding);
}

function open(
  request: OpenRequest,
  lock: Connection,
  events: OpenEvents,
  found: readonly string[],
  loadPredicates: LoadEntryPredicates | undefined,
): { readonly writer: Writer; readonly answer: OpenAnswer } {
  const writer = new Writer(request, lock, events.damage, loadPredicates);
  try {
    const answer = writer.recover((generation, records) => events.record(generation, records));
    for (const what of found) writer.damaged(what, what);
    return { writer, answer };
  } catch (error) {
    writer.abandon();
    throw error;
  }
}

/** What an incident file says of itself, as JSON in the setting `incident` (docs/format/database.md). */

import type { Connection } from './database.ts';

export interface IncidentWindow {
  /** In ms, both inclusive. */
  readonly startMs: number;
  readonly endMs: number;
}

export interface IncidentNote extends IncidentWindow {
  /** When the file was made, in ms. */
  readonly createdMs: number;
}

/** Undefined where the file is none, or what it says cannot be read. */
export function readIncident(db: Connection): IncidentNote | undefined {
  const text = db.prepare("SELECT value FROM setting WHERE name = 'incident'").pluck().get();
  try {
    const note = JSON.parse(String(text)) as IncidentNote;
    return [note.startMs, note.endMs, note.createdMs].every(Number.isFinite) ? note : undefined;
  } catch {
    return undefined;
  }
}

export function writeIncident(db: Connection, note: IncidentNote): void {
  db.prepare("INSERT OR REPLACE INTO setting (name, value) VALUES ('incident', ?)").run(JSON.stringify(note));
}

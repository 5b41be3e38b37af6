/** The time that the page goes by: that of a file that the server shows (`src/api/page-routes.ts`), else the machine's. */

export interface ShownFile {
  readonly title: string;
  readonly startMs: number;
  readonly endMs: number;
}

function readShown(): ShownFile | undefined {
  const meta = globalThis.document?.querySelector('meta[name="trilite-shown"]');
  return meta ? (JSON.parse(meta.getAttribute('content') ?? '') as ShownFile) : undefined;
}

export const SHOWN: ShownFile | undefined = readShown();

/** Milliseconds since the epoch; stands still where a file is shown. */
export function now(): number {
  return SHOWN?.endMs ?? Date.now();
}

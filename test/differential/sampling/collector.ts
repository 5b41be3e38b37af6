/**
 * The collector's own tail sampling processor, to be asked what it keeps: a small Go program (`collector/main.go`), which is
 * built with `go build` in its folder and named by `TRILITE_TEST_COLLECTOR`.
 */

import { spawnSync } from 'node:child_process';

export const COLLECTOR = process.env.TRILITE_TEST_COLLECTOR;

export interface SamplingCase {
  readonly config: Readonly<Record<string, unknown>>;
  readonly requests: readonly Uint8Array[];
}

/** Spans kept by trace id in hex, or why the processor did not start. */
export type Outcome =
  | { readonly kept: Readonly<Record<string, number>>; readonly error?: undefined }
  | { readonly kept?: undefined; readonly error: string };

/** One process for all cases. Stopping the processor decides what waits, so none takes long. */
export function askCollector(program: string, cases: readonly SamplingCase[]): Outcome[] {
  const input = cases
    .map(({ config, requests }) => {
      const bodies = requests.map((body) => Buffer.from(body).toString('base64'));
      return `${JSON.stringify({ config, requests: bodies })}\n`;
    })
    .join('');
  const { stdout, stderr, status } = spawnSync(program, { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`the collector's program failed: ${stderr}`);
  const lines = stdout.toString().trimEnd().split('\n');
  return lines.map((line) => {
    const { kept = {}, error } = JSON.parse(line) as { kept?: Record<string, number>; error?: string };
    return error === undefined ? { kept } : { error };
  });
}

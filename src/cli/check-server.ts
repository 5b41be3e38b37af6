/** `trilite check healthy` and `ready`: whether a server answers that it is. */

import { TriliteError } from '../model/errors.ts';
import { EXIT_FAILED } from './check-rules.ts';
import type { Output } from './output.ts';

/** A server that takes longer is as good as down. */
const ANSWER_MAX_MS = 10_000;

/** Resolves with the exit code. `url` may have a path, and may leave out `http://`. */
export async function checkServer(url: string, what: 'healthy' | 'ready', output: Output): Promise<number> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse(base)) throw new TriliteError('bad_data', `--url: ${JSON.stringify(url)} is no URL`);
  try {
    const address = `${base.replace(/\/+$/, '')}/-/${what}`;
    const answer = await fetch(address, { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
    const text = (await answer.text()).trim();
    if (answer.status === 200) {
      output.err(`  SUCCESS:  ${text}`);
      return 0;
    }
    output.err(`check failed: URL=${base}, status=${answer.status}`);
  } catch (error) {
    const { message, cause } = error as Error;
    output.err(`check failed: URL=${base}: ${(cause as Error | undefined)?.message || message}`);
  }
  return EXIT_FAILED;
}

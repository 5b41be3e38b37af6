/** `trilite check healthy` and `ready`: whether a server answers that it is. */

import { shownUrl } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import { EXIT_FAILED } from './check-rules.ts';
import {
  authorizationOf,
  type ClientCredentials,
  type CredentialFlags,
  NO_CREDENTIALS,
} from './client-credentials.ts';
import type { Output } from './output.ts';

/** A server that takes longer is as good as down. */
const ANSWER_MAX_MS = 10_000;

/** Resolves with the exit code. `url` may have a path, and may leave out `http://`. */
export async function checkServer(
  url: string,
  what: 'healthy' | 'ready',
  output: Output,
  flags: CredentialFlags = {},
  credentials: ClientCredentials = NO_CREDENTIALS,
): Promise<number> {
  const given = URL.parse(/^https?:\/\//.test(url) ? url : `http://${url}`);
  if (!given) throw new TriliteError('bad_data', `--url: ${JSON.stringify(shownUrl(url))} is no URL`);
  const authorization = authorizationOf(flags, given, credentials);
  // Credentials go into the header alone.
  const base = withoutCredentials(given);
  try {
    const answer = await fetch(`${base}/-/${what}`, {
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
      headers: authorization === undefined ? {} : { authorization },
    });
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

/** Without slashes at its end. */
function withoutCredentials(url: URL): string {
  const base = new URL(url);
  base.username = '';
  base.password = '';
  return base.href.replace(/\/+$/, '');
}

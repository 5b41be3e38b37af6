/** `trilite check healthy` and `ready`: whether a server answers that it is. */

import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
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
/** What answers with more is no such server. */
const ANSWER_MAX_BYTES = 1024 * 1024;

/** Resolves with the exit code. `url` may have a path, and may leave out `http://`. */
export async function checkServer(
  url: string,
  what: 'healthy' | 'ready',
  config: HttpClientConfig,
  output: Output,
  flags: CredentialFlags = {},
  credentials: ClientCredentials = NO_CREDENTIALS,
): Promise<number> {
  const given = URL.parse(/^https?:\/\//.test(url) ? url : `http://${url}`);
  if (!given) throw new TriliteError('bad_data', `--url: ${JSON.stringify(shownUrl(url))} is no URL`);
  const authorization = authorizationOf(flags, given, credentials);
  // Credentials go into the header alone.
  const base = withoutCredentials(given);
  const client = new HttpClient(config);
  try {
    const answer = await client.send({
      method: 'GET',
      url: `${base}/-/${what}`,
      headers: authorization === undefined ? {} : { Authorization: authorization },
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    const text = (await readBody(bodyStream(answer), ANSWER_MAX_BYTES)).toString().trim();
    if (answer.statusCode === 200) {
      output.err(`  SUCCESS:  ${text}`);
      return 0;
    }
    output.err(`check failed: URL=${base}, status=${answer.statusCode}`);
  } catch (error) {
    output.err(`check failed: URL=${base}: ${networkError(error)}`);
  } finally {
    client.close();
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

/** `trilite check healthy` and `ready`: whether a server answers that it is. */

import type { HttpClientConfig } from '../base/http-client.ts';
import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import { redacted } from '../base/url-credentials.ts';
import { TriliteError } from '../model/errors.ts';
import { EXIT_FAILED } from './check-rules.ts';
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
): Promise<number> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse(base)) throw new TriliteError('bad_data', `--url: ${JSON.stringify(url)} is no URL`);
  const client = new HttpClient(config);
  const shown = redacted(base);
  try {
    const answer = await client.send({
      method: 'GET',
      url: `${base.replace(/\/+$/, '')}/-/${what}`,
      headers: {},
      signal: AbortSignal.timeout(ANSWER_MAX_MS),
    });
    const text = (await readBody(bodyStream(answer), ANSWER_MAX_BYTES)).toString().trim();
    if (answer.statusCode === 200) {
      output.err(`  SUCCESS:  ${text}`);
      return 0;
    }
    output.err(`check failed: URL=${shown}, status=${answer.statusCode}`);
  } catch (error) {
    output.err(`check failed: URL=${shown}: ${networkError(error)}`);
  } finally {
    client.close();
  }
  return EXIT_FAILED;
}

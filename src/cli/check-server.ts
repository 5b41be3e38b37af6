/**
 * `trilite check healthy` and `ready`: whether a server answers that it is. Also what a container's health check runs every
 * few seconds, so it loads nothing but Node's own client.
 */

import type { IncomingMessage } from 'node:http';
import { TriliteError } from '../model/errors.ts';
import { EXIT_FAILED } from './check-rules.ts';
import type { Output } from './output.ts';

/** A server that takes longer is as good as down. */
const ANSWER_MAX_MS = 10_000;
const REDIRECTS_MAX = 5;

export interface ServerCheck {
  /** May have a path, and may leave out `http://`. */
  readonly url: string;
  /** The certificate of an https server is not checked: asked by an address of its own it cannot be right. */
  readonly insecure: boolean;
}

/** Resolves with the exit code. */
export async function checkServer(
  { url, insecure }: ServerCheck,
  what: 'healthy' | 'ready',
  output: Output,
): Promise<number> {
  const base = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (!URL.canParse(base)) throw new TriliteError('bad_data', `--url: ${JSON.stringify(url)} is no URL`);
  try {
    const address = new URL(`${base.replace(/\/+$/, '')}/-/${what}`);
    const { status, text } = await get(address, insecure, AbortSignal.timeout(ANSWER_MAX_MS));
    if (status === 200) {
      output.err(`  SUCCESS:  ${text}`);
      return 0;
    }
    output.err(`check failed: URL=${base}, status=${status}`);
  } catch (error) {
    const { message, code, cause } = error as Error & { code?: string };
    output.err(`check failed: URL=${base}: ${(cause as Error | undefined)?.message || message || code}`);
  }
  return EXIT_FAILED;
}

async function get(
  url: URL,
  insecure: boolean,
  signal: AbortSignal,
  redirects = 0,
): Promise<{ readonly status: number; readonly text: string }> {
  const { get: send } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    send(url, { agent: false, signal, rejectUnauthorized: !insecure }, resolve).on('error', reject);
  });
  const { statusCode: status = 0, headers } = answer;
  if (status >= 300 && status < 400 && headers.location !== undefined && redirects < REDIRECTS_MAX) {
    answer.resume();
    return get(new URL(headers.location, url), insecure, signal, redirects + 1);
  }
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece);
  return { status, text: Buffer.concat(pieces).toString('utf8').trim() };
}

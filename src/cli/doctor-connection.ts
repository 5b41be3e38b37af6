/** Requests of the doctor to a server, and what is in the way where one does not answer. */

import { bodyStream, HttpClient, networkError } from '../base/http-request.ts';
import { readBody } from '../base/read-body.ts';
import type { Report } from '../doctor/diagnose.ts';
import type { DoctorFlags } from './doctor-flags.ts';

export type Server = Pick<DoctorFlags, 'address' | 'headers' | 'client'>;

/** Looking takes a few seconds where readers are busy. */
const ANSWER_MAX_MS = 20_000;
/** Far above any report. */
const REPORT_MAX_BYTES = 16 * 1024 * 1024;
const REPORT_PATH = '/api/v1/status/doctor';

/** Why there is no report. */
export type NoReport =
  | { readonly kind: 'unreachable'; readonly code: string; readonly message: string }
  /** Something answers that has no such report. */
  | { readonly kind: 'other'; readonly status: number; readonly text: string; readonly server: string };

export function urlOf({ address }: Server, path: string): URL {
  const url = new URL(address);
  const [name, query] = path.split('?') as [string, string | undefined];
  url.pathname = url.pathname.replace(/\/$/, '') + name;
  url.search = query ?? '';
  return url;
}

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly maxMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** What the answer calls its server; may be empty. */
  readonly server: string;
}

/** Redirects are not followed: credentials go where they were meant to. */
export async function ask(server: Server, path: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', headers, body, maxMs = ANSWER_MAX_MS } = question;
  const client = new HttpClient({ ...server.client, followRedirects: false });
  try {
    const answer = await client.send({
      method,
      url: urlOf(server, path).href,
      headers: { ...server.headers, ...headers },
      ...(body && { body }),
      signal: AbortSignal.timeout(maxMs),
    });
    const text = (await readBody(bodyStream(answer), REPORT_MAX_BYTES)).toString();
    return { status: answer.statusCode ?? 0, text, server: [answer.headers.server ?? ''].flat()[0]! };
  } finally {
    client.close();
  }
}

/** `content` false: without a look into the newest logs and traces, which costs queries. */
export async function fetchReport(server: Server, { content = true } = {}): Promise<Report | NoReport> {
  let answer: Answer;
  try {
    answer = await ask(server, content ? REPORT_PATH : `${REPORT_PATH}?content=false`);
  } catch (error) {
    return unreachable(error);
  }
  const { status, text } = answer;
  try {
    const { data } = JSON.parse(text) as { data?: Report };
    if (status === 200 && Array.isArray(data?.findings)) return data;
  } catch {
    // Something else answers; what it says is told.
  }
  return { kind: 'other', status, text: text.slice(0, 200), server: answer.server };
}

function unreachable(error: unknown): NoReport {
  const { name, code } = error as NodeJS.ErrnoException;
  const isLate = name === 'TimeoutError' || name === 'AbortError';
  return { kind: 'unreachable', code: isLate ? 'TIMEOUT' : (code ?? ''), message: networkError(error) };
}

export function isReport(answer: Report | NoReport): answer is Report {
  return 'findings' in answer;
}

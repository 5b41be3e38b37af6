/** Requests of the doctor to a server, and what is in the way where one does not answer. */

import type { Report } from '../doctor/diagnose.ts';
import type { DoctorFlags } from './doctor-flags.ts';

export type Server = Pick<DoctorFlags, 'address' | 'headers'>;

/** Looking takes a few seconds where readers are busy. */
const ANSWER_MAX_MS = 20_000;
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

/** Rejects as `fetch` does. */
export function ask(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(urlOf(server, path), {
    redirect: 'manual',
    signal: AbortSignal.timeout(ANSWER_MAX_MS),
    ...init,
    headers: { ...server.headers, ...(init.headers as Record<string, string> | undefined) },
  });
}

/** `content` false: without a look into the newest logs and traces, which costs queries. */
export async function fetchReport(server: Server, { content = true } = {}): Promise<Report | NoReport> {
  let answer: Response;
  let text: string;
  try {
    answer = await ask(server, content ? REPORT_PATH : `${REPORT_PATH}?content=false`);
    text = await answer.text();
  } catch (error) {
    return unreachable(error);
  }
  try {
    const { data } = JSON.parse(text) as { data?: Report };
    if (answer.status === 200 && Array.isArray(data?.findings)) return data;
  } catch {
    // Something else answers; what it says is told.
  }
  const server_ = answer.headers.get('server') ?? '';
  return { kind: 'other', status: answer.status, text: text.slice(0, 200), server: server_ };
}

function unreachable(error: unknown): NoReport {
  const { name, message, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  const code = name === 'TimeoutError' ? 'TIMEOUT' : (cause?.code ?? '');
  return { kind: 'unreachable', code, message: cause?.message || message };
}

export function isReport(answer: Report | NoReport): answer is Report {
  return 'findings' in answer;
}

/**
 * Asking the server: only the public APIs, JSON in and out. What goes wrong is an `ApiError` with words for whoever
 * looks at the page.
 */

import { href } from '../location.ts';
import { remembered, Store } from '../store.ts';

/** Addresses longer than this go into the body: servers and proxies in between refuse long ones. */
const ADDRESS_MAX_CHARS = 2000;

/** Beside those that every request has. */
type MoreHeaders = Readonly<Record<string, string>>;

export type Params = Readonly<Record<string, string | number | readonly string[] | undefined>>;

export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const rememberedTenant = remembered('tenant');

/** Whose data is asked for, where the server tells tenants apart. */
export const tenant = new Store<string | undefined>(rememberedTenant.get());
tenant.follow(() => rememberedTenant.set(tenant.get()));

/** The answer's JSON as it is. Rejects with `ApiError`, or `AbortError` where `signal` fired. */
export async function getJson<T>(
  path: string,
  params: Params = {},
  signal?: AbortSignal,
  headers: MoreHeaders = {},
): Promise<T> {
  return parsed<T>(await send(href(path, search(params)), { signal: signal ?? null, headers }));
}

/** Like `getJson` for endpoints that take a form as well: long queries go into the body. */
export async function askJson<T>(
  path: string,
  params: Params,
  signal?: AbortSignal,
  headers: MoreHeaders = {},
): Promise<T> {
  const form = search(params);
  if (href(path, form).length <= ADDRESS_MAX_CHARS) return getJson<T>(path, params, signal, headers);
  return parsed<T>(await send(href(path), { method: 'POST', body: form, signal: signal ?? null, headers }));
}

/** The answer's text. */
export async function getText(path: string, params: Params = {}, signal?: AbortSignal): Promise<string> {
  return (await send(href(path, search(params)), { signal: signal ?? null })).text();
}

/** Has the server do something; `body` goes as JSON. The answer's text. */
export async function order(method: 'POST' | 'DELETE', path: string, body?: unknown): Promise<string> {
  const given = body === undefined ? null : new Blob([JSON.stringify(body)], { type: 'application/json' });
  return (await send(href(path), { method, body: given })).text();
}

function search(params: Params): URLSearchParams {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined) continue;
    if (typeof value === 'object') for (const one of value) out.append(name, one);
    else out.append(name, String(value));
  }
  return out;
}

interface Sending extends RequestInit {
  readonly headers?: MoreHeaders;
}

async function send(address: string, init: Sending): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', ...init.headers };
  const who = tenant.get();
  if (who) headers['X-Scope-OrgID'] = who;
  let answer: Response;
  try {
    answer = await fetch(address, { ...init, headers });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError(0, 'Trilite does not answer. Is it still running?');
  }
  if (answer.ok) return answer;
  throw new ApiError(answer.status, messageOf(await answer.text()) || `status ${answer.status}`);
}

/** The originals tell errors in several shapes: `error`, `message`, a list, a text in JSON, or plain text. */
function messageOf(body: string): string {
  try {
    const told: unknown = JSON.parse(body);
    if (typeof told === 'string') return told;
    const { error, message, errors } = told as Record<string, unknown>;
    const first = Array.isArray(errors) ? (errors[0] as { msg?: unknown } | undefined)?.msg : undefined;
    const found = [error, message, first].find((text) => typeof text === 'string');
    return (found as string | undefined) ?? body;
  } catch {
    return body.trim();
  }
}

async function parsed<T>(answer: Response): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new ApiError(
      answer.status,
      `${new URL(answer.url).pathname} answered with something that is no JSON`,
    );
  }
}

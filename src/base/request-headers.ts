/** The headers of a request: its own and those of the configuration, some of which stand in files. */

import { readFile } from 'node:fs/promises';
import { fileError } from './file-error.ts';
import type { HttpClientConfig, Secret } from './http-client.ts';

export type RequestHeaders = Readonly<Record<string, string | readonly string[]>>;

/** Are not taken to another host. */
const SENSITIVE: ReadonlySet<string> = new Set([
  ...['authorization', 'www-authenticate', 'cookie', 'cookie2'],
  ...['proxy-authorization', 'proxy-authenticate'],
]);

/** What the configuration says replaces the request's own, but for what is accepted: that it adds to. */
export async function requestHeaders(
  own: RequestHeaders,
  { httpHeaders, secretHeaders = {} }: HttpClientConfig,
): Promise<RequestHeaders> {
  const names = new Set([...Object.keys(httpHeaders), ...Object.keys(secretHeaders)]);
  if (names.size === 0) return own;
  const out = new Map<string, [name: string, values: readonly string[]]>();
  for (const [name, value] of Object.entries(own)) {
    out.set(name.toLowerCase(), [name, typeof value === 'string' ? [value] : value]);
  }
  for (const name of names) {
    const values = [...(httpHeaders[name] ?? [])];
    for (const secret of secretHeaders[name] ?? []) values.push(await headerValue(secret));
    const key = name.toLowerCase();
    const before = key === 'accept' ? (out.get(key)?.[1] ?? []) : [];
    if (values.length > 0) out.set(key, [name, [...before, ...values]]);
  }
  return Object.fromEntries(out.values());
}

export function withoutSensitive(headers: RequestHeaders): RequestHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !SENSITIVE.has(name.toLowerCase())));
}

async function headerValue({ value, file }: Secret): Promise<string> {
  if (file === undefined) return value ?? '';
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new Error(`unable to read headers file ${file}: ${fileError(error, file)}`);
  }
}

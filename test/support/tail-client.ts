/** Follows logs in tests, over the WebSocket that Node has. */

import { request as httpRequest } from 'node:http';
import { apiUrl } from './http-api.ts';
import { eventually } from './poll.ts';

type Pairs = Readonly<Record<string, string>>;

export interface TailFrame {
  readonly streams: readonly {
    readonly stream: Pairs;
    readonly values: readonly (readonly [ns: string, line: string, categories?: unknown])[];
  }[];
  readonly dropped_entries?: readonly { readonly timestamp: string; readonly labels: Pairs }[];
  readonly encodingFlags?: readonly string[];
}

export interface TestTail {
  /** As they came. */
  readonly texts: readonly string[];
  frames(): readonly TailFrame[];
  /** All lines so far, in the order of their coming. */
  lines(): readonly string[];
  /** Resolves when so many lines have come. */
  hasLines(count: number): Promise<void>;
  readonly closed: Promise<{ readonly code: number; readonly reason: string; readonly wasClean: boolean }>;
  close(): void;
}

type Parameters = Readonly<Record<string, string | number>>;

/** Resolves when the WebSocket is open. `base` is the server's `http://…`. */
export async function openTail(
  base: string,
  parameters: Parameters,
  headers: Readonly<Record<string, string>> = {},
  path = '/loki/api/v1/tail',
): Promise<TestTail> {
  const socket = new WebSocket(apiUrl(base.replace('http:', 'ws:'), path, parameters), { headers });
  const texts: string[] = [];
  socket.addEventListener('message', ({ data }) => texts.push(data as string));
  const closed = new Promise<Awaited<TestTail['closed']>>((resolve) => {
    socket.addEventListener('close', ({ code, reason, wasClean }) => resolve({ code, reason, wasClean }));
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', () => reject(new Error('the WebSocket did not open')));
  });
  const frames = () => texts.map((text) => JSON.parse(text) as TailFrame);
  const lines = () => frames().flatMap((f) => f.streams.flatMap((s) => s.values.map(([, line]) => line)));
  return {
    texts,
    frames,
    lines,
    hasLines: (count) =>
      eventually(async () => {
        const found = lines().length;
        if (found < count) throw new Error(`${found} of ${count} lines: ${lines().slice(-5)}`);
      }),
    closed,
    close: () => socket.close(),
  };
}

export const UPGRADE_HEADERS = {
  Connection: 'Upgrade',
  Upgrade: 'websocket',
  'Sec-WebSocket-Version': '13',
  'Sec-WebSocket-Key': 'dHJpbGl0ZS10cmlsaXRlIQ==',
} as const;

/** Asks for an upgrade and expects another answer. */
export function refusedUpgrade(
  url: string,
  headers: Readonly<Record<string, string>> = UPGRADE_HEADERS,
): Promise<{ readonly status: number; readonly body: string; readonly headers: Pairs }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { headers });
    request.on('upgrade', (_answer, socket) => {
      socket.destroy();
      reject(new Error(`${url} was upgraded`));
    });
    request.on('response', (answer) => {
      let body = '';
      answer.on('data', (data) => {
        body += data;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, body, headers: answer.headers as Pairs }));
    });
    request.on('error', reject);
    request.end();
  });
}

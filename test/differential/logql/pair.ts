/** A real Loki and Trilite side by side, both with the same streams and nothing else. */

import { apiUrl } from '../../support/http-api.ts';
import { LOKI_PUSH_HEADERS, lokiPushBody } from '../../support/loki-push.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import type { Answer } from './compare.ts';
import { lineBytes } from './lines.ts';
import type { Request } from './requests.ts';
import { runLoki } from './run-loki.ts';
import type { LogStream } from './streams.ts';

export interface Pair {
  /** Base addresses. */
  readonly reference: string;
  readonly own: string;
  push(streams: readonly LogStream[]): Promise<void>;
  dispose(): Promise<void>;
}

export function pushBody({ labels, entries }: LogStream): Uint8Array {
  const text = Object.entries(labels).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return lokiPushBody(
    `{${text.join(', ')}}`,
    entries.map(({ ns, line, metadata }) => ({ ns, line: lineBytes(line), metadata })),
  );
}

export async function startPair(): Promise<Pair> {
  const own = await temporaryServer('scrape_configs: []\n', ['--retention', '0']);
  try {
    const { base, program } = await runLoki(own.dir);
    const push = async (streams: readonly LogStream[]) => {
      for (const stream of streams) {
        const body = pushBody(stream);
        for (const target of [base, own.server.base]) {
          const answer = await fetch(`${target}/loki/api/v1/push`, {
            method: 'POST',
            headers: LOKI_PUSH_HEADERS,
            body,
          });
          const text = await answer.text();
          if (!answer.ok) throw new Error(`${target} answered ${answer.status} to a push: ${text}`);
        }
      }
    };
    const dispose = async () => {
      await program.stop('SIGKILL');
      await own.dispose();
    };
    return { reference: base, own: own.server.base, push, dispose };
  } catch (error) {
    await own.dispose();
    throw error;
  }
}

export async function ask(base: string, { path, params, categorize }: Request): Promise<Answer> {
  const headers = categorize ? { 'x-loki-response-encoding-flags': 'categorize-labels' } : undefined;
  const response = await fetch(apiUrl(base, path, params), headers ? { headers } : {});
  const text = await response.text();
  const json = response.headers.get('content-type')?.includes('json') ?? false;
  try {
    return { status: response.status, body: json ? JSON.parse(text) : text };
  } catch {
    return { status: response.status, body: text };
  }
}

/**
 * A real Tempo and Trilite side by side, both with the same traces and nothing else. The traces are so old that Tempo answers from blocks of
 * its backend alone, which is where its answers do not depend on the moment; it has one block, since it does not put a trace together from
 * several when it searches.
 */

import { apiUrl } from '../../support/http-api.ts';
import { eventually } from '../../support/poll.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import { runTempo } from './run-tempo.ts';
import { DATA_END_S, DATA_START_S, type TraceData } from './traces.ts';

export interface Pair {
  /** Base addresses. */
  readonly reference: string;
  readonly own: string;
  /** Whether spans may have more than one event or link. */
  several(): boolean;
  push(data: TraceData): Promise<void>;
  dispose(): Promise<void>;
}

/** From the last span to a block that is searched. */
const BLOCK_MAX_MS = 60_000;

interface SearchAnswer {
  readonly traces: readonly unknown[];
  readonly metrics: { readonly totalBlocks?: number };
}

async function post(url: string, body: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
}

/** Waits until all traces are found in one block. */
async function settled(base: string, traceCount: number): Promise<void> {
  const params = { q: '{}', limit: 100_000, start: DATA_START_S - 3600, end: DATA_END_S + 3600 };
  const found = await eventually(async () => {
    const answer = await fetch(apiUrl(base, '/api/search', params));
    const { traces, metrics } = (await answer.json()) as SearchAnswer;
    if (traces.length < traceCount) throw new Error(`${traces.length} of ${traceCount} traces are in blocks`);
    return metrics.totalBlocks;
  }, BLOCK_MAX_MS);
  if (found !== 1) throw new Error(`the traces are in ${found} blocks: start again`);
}

export async function startPair(): Promise<Pair> {
  const own = await temporaryServer('scrape_configs: []\n', ['--retention', '0']);
  try {
    const { base, push: target, program } = await runTempo(own.dir);
    let several = true;
    const push = async ({ requests, traceIds, several: more }: TraceData) => {
      several = more;
      for (const request of requests) await post(`${target}/v1/traces`, JSON.stringify(request));
      for (const request of requests) await post(`${own.server.base}/v1/traces`, JSON.stringify(request));
      await settled(base, traceIds.length);
    };
    const dispose = async () => {
      await program.stop('SIGKILL');
      await own.dispose();
    };
    return { reference: base, own: own.server.base, several: () => several, push, dispose };
  } catch (error) {
    await own.dispose();
    throw error;
  }
}

export const NO_ANSWER: Answer = { status: 0, body: 'the connection was closed' };

export async function ask(base: string, { path, params, protobuf }: Request): Promise<Answer> {
  const headers = protobuf ? { accept: 'application/protobuf' } : {};
  let response: Response;
  try {
    response = await fetch(apiUrl(base, path, params), { headers });
  } catch (error) {
    // A handler that panics closes its connection; the process goes on.
    const alive = await fetch(`${base}/ready`).then(
      ({ status }) => status === 200,
      () => false,
    );
    if (alive) return NO_ANSWER;
    throw new Error(`${base} is gone after ${path} ${JSON.stringify(params)}`, { cause: error });
  }
  const { status } = response;
  const type = response.headers.get('content-type') ?? '';
  if (type.includes('protobuf')) {
    return { status, body: { base64: Buffer.from(await response.arrayBuffer()).toString('base64') } };
  }
  const text = await response.text();
  if (!type.includes('json')) return { status, body: text.trim() };
  return { status, body: JSON.parse(text) };
}

/** A real Jaeger and Trilite side by side, both with the same traces and nothing else. */

import { apiUrl, postBody } from '../../support/http-api.ts';
import { temporaryServer } from '../../support/temporary-server.ts';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';
import { runJaeger } from './run-jaeger.ts';
import type { OtlpRequest } from './traces.ts';

export interface Pair {
  /** Base addresses. */
  readonly reference: string;
  readonly own: string;
  /** Whether the reference still has the first version's search: releases up to 2.20. */
  readonly withFirstSearch: boolean;
  push(exports: readonly OtlpRequest[]): Promise<void>;
  dispose(): Promise<void>;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

export async function startPair(): Promise<Pair> {
  const own = await temporaryServer('scrape_configs: []\n', ['--retention', '0']);
  try {
    const { base, otlp, program } = await runJaeger(own.dir);
    const withFirstSearch = (await fetch(`${base}/api/services`)).ok;
    const push = async (exports: readonly OtlpRequest[]) => {
      for (const one of exports) {
        const body = JSON.stringify(one);
        for (const target of [otlp, own.server.base])
          await postBody(`${target}/v1/traces`, JSON_HEADERS, body);
      }
    };
    const dispose = async () => {
      await program.stop('SIGKILL');
      await own.dispose();
    };
    return { reference: base, own: `${own.server.base}/jaeger`, withFirstSearch, push, dispose };
  } catch (error) {
    await own.dispose();
    throw error;
  }
}

export async function ask(base: string, { method, path, params, body }: Request): Promise<Answer> {
  const response = await fetch(apiUrl(base, path, params), { method, body: body ?? null });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}

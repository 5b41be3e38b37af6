/** A real Prometheus and Trilite side by side, both with the same data and nothing else. */

import { execFileSync } from 'node:child_process';
import { PROMETHEUS, type Prometheus, runPrometheus } from '../clients/prometheus/run-prometheus.ts';
import { freePort } from '../support/free-port.ts';
import { apiUrl } from '../support/http-api.ts';
import { REMOTE_WRITE_HEADERS, remoteWriteBody, type WriteSeries } from '../support/remote-write.ts';
import { temporaryServer } from '../support/temporary-server.ts';
import type { Answer } from './compare.ts';
import { type Features, FLAGS_OF_CURRENT, featuresOf } from './features.ts';
import type { Request } from './queries.ts';

export function prometheusFeatures(): Features {
  return featuresOf(execFileSync(PROMETHEUS!, ['--version'], { encoding: 'utf8' }));
}

export interface Pair {
  /** Base addresses. */
  readonly reference: string;
  readonly own: string;
  /** The reference is too old for its errors and notes to be compared. */
  readonly valuesOnly: boolean;
  write(series: readonly WriteSeries[]): Promise<void>;
  dispose(): Promise<void>;
}

async function startReference(dir: string, features: Features): Promise<Prometheus> {
  const flags = [
    '--web.enable-remote-write-receiver',
    ...(features.current ? [`--enable-feature=${FLAGS_OF_CURRENT.join()}`] : []),
  ];
  return runPrometheus({ dir, port: await freePort(), config: '{}\n', flags });
}

/** Samples of one kind per entry, in the order of time: Prometheus takes an entry's floats before its histograms. */
export function runsOf({ labels, samples }: WriteSeries): WriteSeries[] {
  const runs: { labels: WriteSeries['labels']; samples: WriteSeries['samples'][number][] }[] = [];
  let before: boolean | undefined;
  for (const sample of samples) {
    const isHistogram = typeof sample[1] === 'object';
    if (isHistogram !== before) runs.push({ labels, samples: [] });
    before = isHistogram;
    runs.at(-1)!.samples.push(sample);
  }
  return runs;
}

export async function startPair(features: Features): Promise<Pair> {
  // Whatever the age of the data, it stays.
  const own = await temporaryServer('scrape_configs: []\n', ['--retention', '0']);
  try {
    const { base, program } = await startReference(own.dir, features);
    const bases = [base, own.server.base];
    const write = async (series: readonly WriteSeries[]) => {
      const body = remoteWriteBody(series.flatMap(runsOf));
      for (const target of bases) {
        const url = `${target}/api/v1/write`;
        const answer = await fetch(url, { method: 'POST', headers: REMOTE_WRITE_HEADERS, body });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${text}`);
      }
    };
    const dispose = async () => {
      await program.stop('SIGKILL');
      await own.dispose();
    };
    return { reference: base, own: own.server.base, valuesOnly: !features.current, write, dispose };
  } catch (error) {
    await own.dispose();
    throw error;
  }
}

export async function ask(base: string, { query, time, ...range }: Request): Promise<Answer> {
  const path = time === undefined ? '/api/v1/query_range' : '/api/v1/query';
  const parameters = { query, ...(time === undefined ? {} : { time }), ...range };
  const response = await fetch(apiUrl(base, path, parameters as Record<string, string | number>));
  const text = await response.text();
  try {
    return { httpStatus: response.status, ...JSON.parse(text) };
  } catch (error) {
    throw new Error(`${base} answered ${response.status} to ${query}: ${text.slice(0, 200)}`, {
      cause: error,
    });
  }
}

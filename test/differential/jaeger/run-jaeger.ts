/** A real Jaeger as a test's peer: one process, traces in memory, OTLP in and its query API out on loopback. */

import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

/** The one that `TRILITE_TEST_JAEGER` names, else the one on the path. */
export const JAEGER = process.env.TRILITE_TEST_JAEGER || findProgram('jaeger');
export const JAEGER_MISSING = 'Jaeger is not there: name one in TRILITE_TEST_JAEGER';

const START_MAX_MS = 60_000;
const TRACES_MAX = 100_000;

export interface Jaeger {
  /** Base address of its query API. */
  readonly base: string;
  /** Base address of its OTLP receiver. */
  readonly otlp: string;
  readonly program: RunningProgram;
}

/** Without a batch processor: what was accepted can be found, in the order in which it came. */
function configuration([query, queryGrpc, otlp]: readonly number[]): object {
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'error' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: TRACES_MAX } } } },
      jaeger_query: {
        storage: { traces: 'memory' },
        http: { endpoint: `127.0.0.1:${query}` },
        grpc: { endpoint: `127.0.0.1:${queryGrpc}` },
      },
    },
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}

export async function runJaeger(dir: string): Promise<Jaeger> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const file = path.join(dir, 'jaeger.yaml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(configuration(ports)));
  const program = startProgram(JAEGER!, ['--config', file]);
  const [query, , otlp] = ports.map((port) => `http://127.0.0.1:${port}`);
  try {
    await eventually(async () => {
      const { status } = await fetch(`${query}/api/v3/services`);
      if (status !== 200) throw new Error(`not ready (${status})`);
    }, START_MAX_MS);
  } catch (error) {
    await program.stop('SIGKILL');
    throw new Error(`Jaeger did not start: ${program.output().slice(-2000)}`, { cause: error });
  }
  return { base: query!, otlp: otlp!, program };
}

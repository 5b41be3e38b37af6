/**
 * A real Tempo as a test's peer: one process, everything on loopback, files in a directory of the test's, nothing limited, spans of any age
 * taken, and blocks in its backend a few seconds after the last span came.
 */

import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

/** The one that `TRILITE_TEST_TEMPO` names, else the one on the path. */
export const TEMPO = process.env.TRILITE_TEST_TEMPO || findProgram('tempo');
export const TEMPO_MISSING = 'Tempo is not there: name one in TRILITE_TEST_TEMPO';

const START_MAX_MS = 90_000;
/** Longer than any test's data is old. */
const FOREVER = '200000h';
const RATE_BYTES = 1_000_000_000;

export interface Tempo {
  readonly base: string;
  /** Where OTLP is taken. */
  readonly push: string;
  readonly program: RunningProgram;
}

function configuration(dir: string, ports: readonly number[]): object {
  const [http, grpc, gossip, otlp] = ports;
  const address = '127.0.0.1';
  const within = (name: string) => path.join(dir, name);
  return {
    server: {
      http_listen_address: address,
      http_listen_port: http,
      grpc_listen_address: address,
      grpc_listen_port: grpc,
      log_level: 'error',
    },
    memberlist: { bind_addr: [address], bind_port: gossip },
    distributor: { receivers: { otlp: { protocols: { http: { endpoint: `${address}:${otlp}` } } } } },
    live_store: {
      wal: { path: within('live'), ingestion_time_range_slack: FOREVER },
      shutdown_marker_dir: within('marker'),
      flush_check_period: '1s',
      max_trace_live: '3s',
      max_trace_idle: '2s',
      max_block_duration: '8s',
    },
    metrics_generator: {
      metrics_ingestion_time_range_slack: FOREVER,
      storage: { path: within('generator') },
    },
    storage: {
      trace: {
        backend: 'local',
        local: { path: within('blocks') },
        wal: { path: within('wal'), ingestion_time_range_slack: FOREVER },
        blocklist_poll: '1s',
        // With columns of their own, integer attributes have no tag values.
        block: { parquet_dedicated_columns: [] },
      },
    },
    backend_scheduler: { local_work_path: within('scheduler') },
    backend_worker: { compaction: { block_retention: FOREVER, compacted_block_retention: FOREVER } },
    query_frontend: {
      search: { max_duration: '0s', max_spans_per_span_set: 0 },
      metrics: { max_duration: '0s' },
    },
    overrides: {
      defaults: {
        ingestion: { rate_limit_bytes: RATE_BYTES, burst_size_bytes: RATE_BYTES, max_traces_per_user: 0 },
        global: { max_bytes_per_trace: 0 },
        metrics_generator: { ingestion_time_range_slack: FOREVER },
        compaction: { compaction_disabled: true },
      },
    },
    usage_report: { reporting_enabled: false },
  };
}

export async function runTempo(dir: string): Promise<Tempo> {
  const ports = [await freePort(), await freePort(), await freePort(), await freePort()];
  const file = path.join(dir, 'tempo.yaml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(configuration(path.join(dir, 'tempo'), ports)));
  const program = startProgram(TEMPO!, [`-config.file=${file}`]);
  const base = `http://127.0.0.1:${ports[0]}`;
  try {
    await eventually(async () => {
      const { status } = await fetch(`${base}/ready`);
      if (status !== 200) throw new Error(`not ready (${status})`);
    }, START_MAX_MS);
  } catch (error) {
    await program.stop('SIGKILL');
    throw new Error(`Tempo did not start: ${program.output().slice(-2000)}`, { cause: error });
  }
  return { base, push: `http://127.0.0.1:${ports[3]}`, program };
}

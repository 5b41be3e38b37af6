/** A real Loki as a test's peer: one process, everything on loopback, files in a directory of the test's, nothing limited. */

import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { findProgram, type RunningProgram, startProgram } from '../../support/program.ts';

/** The one that `TRILITE_TEST_LOKI` names, else the one on the path. */
export const LOKI = process.env.TRILITE_TEST_LOKI || findProgram('loki');
export const LOKI_MISSING = 'Loki is not there: name one in TRILITE_TEST_LOKI';

const START_MAX_MS = 60_000;
/** Chunks stay in memory, however old their lines are. */
const FOREVER = '20000h';

export interface Loki {
  readonly base: string;
  readonly program: RunningProgram;
}

function configuration(dir: string, ports: readonly number[]): object {
  const [http, grpc, gossip] = ports;
  const address = '127.0.0.1';
  return {
    auth_enabled: false,
    server: {
      http_listen_address: address,
      http_listen_port: http,
      grpc_listen_address: address,
      grpc_listen_port: grpc,
      log_level: 'error',
    },
    common: {
      path_prefix: dir,
      instance_addr: address,
      replication_factor: 1,
      ring: { instance_addr: address, kvstore: { store: 'inmemory' } },
      storage: {
        filesystem: { chunks_directory: path.join(dir, 'chunks'), rules_directory: path.join(dir, 'rules') },
      },
    },
    schema_config: {
      configs: [
        {
          from: '2020-01-01',
          store: 'tsdb',
          object_store: 'filesystem',
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    memberlist: { bind_addr: [address], bind_port: gossip },
    // A query is evaluated as it is written, in one piece.
    query_range: {
      cache_results: false,
      parallelise_shardable_queries: false,
      align_queries_with_step: false,
    },
    querier: { query_ingesters_within: 0 },
    ingester: {
      max_chunk_age: FOREVER,
      chunk_idle_period: FOREVER,
      lifecycler: { min_ready_duration: '0s' },
    },
    limits_config: {
      reject_old_samples: false,
      ingestion_rate_mb: 1000,
      ingestion_burst_size_mb: 1000,
      per_stream_rate_limit: '1GB',
      per_stream_rate_limit_burst: '1GB',
      max_global_streams_per_user: 0,
      max_query_length: 0,
      split_queries_by_interval: 0,
      volume_enabled: true,
    },
    // As protobuf it would mix up the categories of labels.
    frontend: { encoding: 'json' },
    pattern_ingester: { enabled: false },
    analytics: { reporting_enabled: false },
  };
}

export async function runLoki(dir: string): Promise<Loki> {
  const ports = [await freePort(), await freePort(), await freePort()];
  const file = path.join(dir, 'loki.yaml');
  // JSON is YAML.
  fs.writeFileSync(file, JSON.stringify(configuration(path.join(dir, 'loki'), ports)));
  const program = startProgram(LOKI!, [`-config.file=${file}`]);
  const base = `http://127.0.0.1:${ports[0]}`;
  try {
    await eventually(async () => {
      const { status } = await fetch(`${base}/ready`);
      if (status !== 200) throw new Error(`not ready (${status})`);
    }, START_MAX_MS);
  } catch (error) {
    await program.stop('SIGKILL');
    throw new Error(`Loki did not start: ${program.output().slice(-2000)}`, { cause: error });
  }
  return { base, program };
}

/** A real Tempo of one process that takes Jaeger's protocols and Zipkin's; where it is stands in `TRILITE_TEST_TEMPO`. */

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { eventually } from '../../support/poll.ts';
import { type RunningProgram, startProgram } from '../../support/program.ts';

export const TEMPO = process.env.TRILITE_TEST_TEMPO;

export interface JaegerTarget {
  /** Where traces are read. */
  readonly base: string;
  /** `host:port` of each way in. */
  readonly http: string;
  readonly grpc: string;
  readonly compact: string;
  readonly binary: string;
}

const LISTENING_MS = 60_000;

export interface RunningTempo {
  readonly target: JaegerTarget;
  /** `host:port` of Zipkin's receiver. */
  readonly zipkin: string;
  readonly program: RunningProgram;
}

/** Resolves once it is ready. `dir` takes its files. */
export async function runTempo(dir: string): Promise<RunningTempo> {
  const ports: number[] = [];
  for (let i = 0; i < 8; i++) ports.push(await freePort());
  const [query, internal, gossip, ...receivers] = ports;
  const [http, grpc, compact, binary, zipkin] = receivers.map((port) => `127.0.0.1:${port}`) as [
    string,
    string,
    string,
    string,
    string,
  ];
  const config = {
    server: {
      http_listen_address: '127.0.0.1',
      http_listen_port: query,
      grpc_listen_address: '127.0.0.1',
      grpc_listen_port: internal,
    },
    distributor: {
      receivers: {
        jaeger: {
          protocols: {
            thrift_http: { endpoint: http },
            grpc: { endpoint: grpc },
            thrift_compact: { endpoint: compact },
            thrift_binary: { endpoint: binary },
          },
        },
        zipkin: { endpoint: zipkin },
      },
    },
    storage: {
      trace: {
        backend: 'local',
        wal: { path: path.join(dir, 'wal') },
        local: { path: path.join(dir, 'blocks') },
      },
    },
    // Unless they are told, these share a folder with every other Tempo of the machine.
    live_store: {
      wal: { path: path.join(dir, 'live') },
      shutdown_marker_dir: path.join(dir, 'marker'),
    },
    backend_scheduler: { local_work_path: path.join(dir, 'work') },
    memberlist: { bind_addr: ['127.0.0.1'], bind_port: gossip, join_members: [] },
    usage_report: { reporting_enabled: false },
  };
  const file = path.join(dir, 'tempo.yaml');
  // YAML takes JSON.
  writeFileSync(file, JSON.stringify(config));
  const program = startProgram(TEMPO!, ['-target=all', `-config.file=${file}`]);
  const base = `http://127.0.0.1:${query}`;
  await eventually(async () => {
    const answer = await fetch(`${base}/ready`).catch(() => undefined);
    if (!answer?.ok) throw new Error(`Tempo is not ready: ${program.output().slice(-2000)}`);
  }, LISTENING_MS);
  return { target: { base, http, grpc, compact, binary }, zipkin, program };
}

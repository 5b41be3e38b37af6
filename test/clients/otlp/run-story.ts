/** Runs an instrumented application against a server and checks everything it told. */

import { runProgram } from '../../support/program.ts';
import type { TestServer } from '../../support/server.ts';
import {
  checkLogs,
  checkMetrics,
  checkTraces,
  type Report,
  storyEnvironment,
  type Telling,
} from './story.ts';

export interface Application {
  readonly language: string;
  readonly file: string;
  readonly args: readonly string[];
}

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json';
export type Compression = 'none' | 'gzip';

/** Which paths an application's exporters are told. */
export type Paths = 'otlp' | 'native';

/**
 * OTLP's own paths are what a base endpoint stands for. The native ones are those that Prometheus and Loki have for
 * OTLP over HTTP; traces have none beside OTLP's.
 */
function endpoints(server: TestServer, protocol: Protocol, compression: Compression, paths: Paths) {
  // gRPC goes to its own listener, with compression to the HTTP port, which takes both.
  const ownListener = protocol === 'grpc' && compression === 'none';
  const base = ownListener ? `http://${server.grpc}` : server.base;
  if (paths === 'otlp') return { OTEL_EXPORTER_OTLP_ENDPOINT: base };
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: base,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${base}/api/v1/otlp/v1/metrics`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${base}/otlp/v1/logs`,
  };
}

/** Runs the application and checks what it told; returns that, to be checked again later. */
export async function runStory(
  server: TestServer,
  { language, file, args }: Application,
  protocol: Protocol,
  compression: Compression,
  paths: Paths = 'otlp',
): Promise<Telling> {
  const instance = `${language}-${protocol.replace('/', '-')}-${compression}-${paths}`;
  const printed = await runProgram(file, args, {
    ...storyEnvironment(instance, protocol),
    ...endpoints(server, protocol, compression, paths),
    ...(compression === 'gzip' && { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
  });
  const telling = { base: server.base, instance, language, report: JSON.parse(printed) as Report };
  await checkStory(telling);
  return telling;
}

export async function checkStory(telling: Telling): Promise<void> {
  await checkMetrics(telling);
  await checkLogs(telling);
  await checkTraces(telling);
}

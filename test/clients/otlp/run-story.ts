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
  /** It tells neither metrics nor logs. */
  readonly tracesOnly?: boolean;
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

/** Runs the application, which sends to where `environment` says. */
export async function tellStory(
  { file, args }: Application,
  instance: string,
  protocol: Protocol,
  environment: Readonly<Record<string, string>>,
): Promise<Report> {
  const printed = await runProgram(file, args, { ...storyEnvironment(instance, protocol), ...environment });
  return JSON.parse(printed) as Report;
}

/** Runs the application and checks what it told; returns that, to be checked again later. */
export async function runStory(
  server: TestServer,
  application: Application,
  protocol: Protocol,
  compression: Compression,
  paths: Paths = 'otlp',
): Promise<Telling> {
  const { language, tracesOnly = false } = application;
  const instance = `${language}-${protocol.replace('/', '-')}-${compression}-${paths}`;
  const report = await tellStory(application, instance, protocol, {
    ...endpoints(server, protocol, compression, paths),
    ...(compression === 'gzip' && { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
  });
  const telling = { base: server.base, instance, language, tracesOnly, isNative: paths === 'native', report };
  await checkStory(telling);
  return telling;
}

export async function checkStory(telling: Telling): Promise<void> {
  if (!telling.tracesOnly) {
    await checkMetrics(telling);
    await checkLogs(telling);
  }
  await checkTraces(telling);
}

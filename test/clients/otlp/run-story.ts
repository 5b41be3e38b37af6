/** Runs an instrumented application against a server and checks everything it told. */

import { runProgram } from '../../support/program.ts';
import type { TestServer } from '../../support/server.ts';
import { checkLogs, checkMetrics, checkTraces, type Report, storyEnvironment } from './story.ts';

export interface Application {
  readonly language: string;
  readonly file: string;
  readonly args: readonly string[];
}

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json';
export type Compression = 'none' | 'gzip';

/** gRPC goes to its own listener, with compression to the HTTP port, which takes both. */
export async function runStory(
  server: TestServer,
  { language, file, args }: Application,
  protocol: Protocol,
  compression: Compression,
): Promise<void> {
  const instance = `${language}-${protocol.replace('/', '-')}-${compression}`;
  const ownListener = protocol === 'grpc' && compression === 'none';
  const endpoint = ownListener ? `http://${server.grpc}` : server.base;
  const printed = await runProgram(file, args, {
    ...storyEnvironment(instance, protocol, endpoint),
    ...(compression === 'gzip' && { OTEL_EXPORTER_OTLP_COMPRESSION: 'gzip' }),
  });
  const telling = { base: server.base, instance, language, report: JSON.parse(printed) as Report };
  await checkMetrics(telling);
  await checkLogs(telling);
  await checkTraces(telling);
}

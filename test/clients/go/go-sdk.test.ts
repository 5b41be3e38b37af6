/** OpenTelemetry's Go SDK exports all three signals over gRPC and HTTP; all of it is read back exactly. */

import path from 'node:path';
import { buildFolder, compileGo, testBuiltSdk } from '../otlp/built-client.ts';

testBuiltSdk('OpenTelemetry SDK for Go', {
  client: 'go',
  program: 'go',
  protocols: ['grpc', 'http/protobuf'],
  build: async () => {
    const file = path.join(buildFolder('go'), 'app');
    await compileGo(import.meta.dirname, file);
    return { language: 'go', file, args: [] };
  },
});

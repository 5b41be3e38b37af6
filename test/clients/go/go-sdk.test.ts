/** OpenTelemetry's Go SDK exports all three signals over gRPC and HTTP; all of it is read back exactly. */

import path from 'node:path';
import { buildFolder, compile, testBuiltSdk } from '../otlp/built-client.ts';

testBuiltSdk('OpenTelemetry SDK for Go', {
  client: 'go',
  program: 'go',
  protocols: ['grpc', 'http/protobuf'],
  build: async () => {
    const file = path.join(buildFolder('go'), 'app');
    await compile('go', ['build', '-C', import.meta.dirname, '-ldflags=-s -w', '-o', file, '.']);
    return { language: 'go', file, args: [] };
  },
});

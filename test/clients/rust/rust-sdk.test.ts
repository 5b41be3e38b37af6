/** OpenTelemetry's Rust SDK exports traces over gRPC and over HTTP in protobuf and JSON; they are read back exactly. */

import path from 'node:path';
import { buildFolder, compile, testBuiltSdk } from '../otlp/built-client.ts';

testBuiltSdk('OpenTelemetry SDK for Rust', {
  client: 'rust',
  program: 'cargo',
  protocols: ['grpc', 'http/protobuf', 'http/json'],
  build: async () => {
    const folder = buildFolder('rust');
    const manifest = path.join(import.meta.dirname, 'Cargo.toml');
    await compile('cargo', [
      'build',
      '--quiet',
      '--locked',
      '--manifest-path',
      manifest,
      '--target-dir',
      folder,
    ]);
    return { language: 'rust', file: path.join(folder, 'debug/rust-sdk'), args: [], tracesOnly: true };
  },
});

/** OpenTelemetry's Java SDK exports all three signals over gRPC and HTTP; all of it is read back exactly. */

import path from 'node:path';
import { buildFolder, compile, testBuiltSdk } from '../otlp/built-client.ts';

testBuiltSdk('OpenTelemetry SDK for Java', {
  client: 'java',
  program: 'mvn',
  protocols: ['grpc', 'http/protobuf'],
  build: async () => {
    const folder = buildFolder('java');
    const pom = path.join(import.meta.dirname, 'pom.xml');
    const goals = ['package', 'dependency:copy-dependencies'];
    const lib = path.join(folder, 'lib');
    await compile('mvn', [
      '-q',
      '-B',
      '-f',
      pom,
      `-Dbuild.dir=${folder}`,
      `-DoutputDirectory=${lib}`,
      ...goals,
    ]);
    const classPath = [path.join(folder, 'classes'), path.join(lib, '*')].join(path.delimiter);
    // The quick compiler is enough for a second of work.
    return { language: 'java', file: 'java', args: ['-XX:TieredStopAtLevel=1', '-cp', classPath, 'App'] };
  },
});

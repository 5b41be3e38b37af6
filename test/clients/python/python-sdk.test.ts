/**
 * OpenTelemetry's Python SDK exports all three signals over gRPC and HTTP; all of it is read back exactly. Its
 * packages lie in a virtual environment that `setup.sh` makes.
 */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { skipUnless } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { runStory } from '../otlp/run-story.ts';

const VENV = process.env.TRILITE_TEST_PYTHON_VENV ?? path.join(import.meta.dirname, '.venv');
const APPLICATION = {
  language: 'python',
  file: path.join(VENV, 'bin/python'),
  args: [path.join(import.meta.dirname, 'app.py')],
};
const skip = skipUnless(
  existsSync(path.join(VENV, 'ready')),
  `no Python environment in ${VENV}: run test/clients/python/setup.sh`,
);

describe('OpenTelemetry SDK for Python', { timeout: 110_000, skip }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());
  for (const protocol of ['grpc', 'http/protobuf'] as const) {
    for (const compression of ['none', 'gzip'] as const) {
      test(`${protocol}, compression ${compression}`, () =>
        runStory(own.server, APPLICATION, protocol, compression));
    }
  }
});

/**
 * OpenTelemetry's Python SDK exports all three signals over gRPC and HTTP; all of it is read back exactly. Its
 * packages lie in a virtual environment that `setup.sh` makes.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { postBody } from '../../support/http-api.ts';
import { skipUnless } from '../../support/program.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { checkStory, runStory } from '../otlp/run-story.ts';
import type { Telling } from '../otlp/story.ts';

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
  const tellings: Telling[] = [];
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());
  for (const protocol of ['grpc', 'http/protobuf'] as const) {
    for (const compression of ['none', 'gzip'] as const) {
      test(`${protocol}, compression ${compression}`, async () => {
        tellings.push(await runStory(own.server, APPLICATION, protocol, compression));
      });
    }
  }

  test("http/protobuf at Prometheus' and Loki's own paths", async () => {
    tellings.push(await runStory(own.server, APPLICATION, 'http/protobuf', 'gzip', 'native'));
  });

  test('all of it after a flush and a compaction', async () => {
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
    assert.ok(tellings.length > 0);
    for (const telling of tellings) await checkStory(telling);
  });
});

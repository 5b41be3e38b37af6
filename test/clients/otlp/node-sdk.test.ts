/** OpenTelemetry's Node SDK exports all three signals by every OTLP protocol; all of it is read back exactly. */

import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { runStory } from './run-story.ts';

const APPLICATION = {
  language: 'nodejs',
  file: process.execPath,
  args: [path.join(import.meta.dirname, 'app.ts')],
};

describe('OpenTelemetry SDK for Node', { timeout: 110_000 }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());
  for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
    for (const compression of ['none', 'gzip'] as const) {
      test(`${protocol}, compression ${compression}`, () =>
        runStory(own.server, APPLICATION, protocol, compression));
    }
  }
});

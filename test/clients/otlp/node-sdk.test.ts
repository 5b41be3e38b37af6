/** OpenTelemetry's Node SDK exports all three signals by every OTLP protocol; all of it is read back exactly. */

import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { postBody } from '../../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { checkStory, runStory } from './run-story.ts';
import type { Telling } from './story.ts';

const APPLICATION = {
  language: 'nodejs',
  file: process.execPath,
  args: [path.join(import.meta.dirname, 'app.ts')],
};

describe('OpenTelemetry SDK for Node', { timeout: 110_000 }, () => {
  let own: TemporaryServer;
  const tellings: Telling[] = [];
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());
  for (const protocol of ['grpc', 'http/protobuf', 'http/json'] as const) {
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

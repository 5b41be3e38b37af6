/**
 * Requests of real senders (`recorded/`, made by `recorder.ts`): Trilite takes them all as they are, and what they
 * hold is read back exactly, at once and from blocks.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { postBody } from '../../support/http-api.ts';
import { type TemporaryServer, temporaryServer } from '../../support/temporary-server.ts';
import { decodedPush } from './push-body.ts';
import { assertReadBack, FOLDER, readRecording, replay } from './recording.ts';

const NAMES = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.slice(0, -'.json'.length));
/** What every sender was told to send. */
const LINES = readFileSync(new URL('lines.txt', FOLDER), 'utf8').split('\n').slice(0, -1);

/** A line, and the texts of its fields where a logger has put what it was told into an object. */
function textsIn(line: string): unknown[] {
  if (!line.startsWith('{"')) return [line];
  return [line, ...Object.values(JSON.parse(line) as object)];
}

describe('recorded senders of logs', { timeout: 60_000 }, () => {
  let own: TemporaryServer;
  before(async () => {
    own = await temporaryServer();
  });
  after(() => own?.dispose());

  for (const name of NAMES) {
    test(name, async () => {
      const recording = readRecording(name);
      const texts = new Set(recording.entries.flatMap(({ line }) => textsIn(line)));
      for (const line of LINES) assert.ok(texts.has(line), `${recording.sender} did not send ${line}`);
      const { requests } = recording;
      if (!requests.some(({ path }) => path.startsWith('/otlp'))) {
        const decoded = requests.map(({ headers, body }) =>
          decodedPush(headers, Buffer.from(body, 'base64')),
        );
        assert.deepEqual(decoded.flat(), recording.entries);
      }
      await replay(own.server.base, recording);
      await assertReadBack(own.server.base, recording.query, recording.entries);
    });
  }

  test('all of them from blocks, and sent a second time as after a lost answer', async () => {
    await postBody(`${own.server.base}/-/flush?compact=true`, {}, '');
    for (const name of NAMES) {
      const recording = readRecording(name);
      await assertReadBack(own.server.base, recording.query, recording.entries);
      await replay(own.server.base, recording);
      await assertReadBack(own.server.base, recording.query, recording.entries);
    }
  });
});

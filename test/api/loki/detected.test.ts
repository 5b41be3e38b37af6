/** `detected_labels`, `detected_fields` and a field's values where they are not what one would guess. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LOKI_SERVICES } from '../../../src/api/loki/services.ts';
import { Labels } from '../../../src/model/labels.ts';
import type { StorageReader } from '../../../src/storage/interface.ts';
import { MemoryLogs } from '../../storage/memory-logs.ts';

const START_MS = 1767268800000;
const UUID = 'f47ac10b-58cc-4372-a567-0e02b2c3d479';

function store(): StorageReader {
  const logs = new MemoryLogs();
  const ids = {
    u1: UUID,
    u2: `urn:uuid:${UUID}`,
    u3: `{${UUID}}`,
    u4: UUID.replaceAll('-', ''),
    x: '-1.5e3',
    n: 'NaN',
  };
  const labels = Labels.from({ app: 'a', flag: '0', id: '17', pod: '5', mixed: '7', ...ids });
  logs.add(labels, START_MS + 1, 0, '{"size":"5m","b":"1.5 MB","n2":"123","d":"5s"}');
  logs.add(labels, START_MS + 2, 0, 'msg=hi size=7m', ['meta', '5MB']);
  logs.add(Labels.from({ app: 'a', flag: '1', id: '18', mixed: 'seven' }), START_MS + 3, 0, '{"size":"9m"}');
  return { logs } as unknown as StorageReader;
}

async function call(
  service: string,
  params: Record<string, string> = {},
  name = '',
): Promise<{ status: number; text: string }> {
  const all = { start: String(START_MS / 1000), end: String(START_MS / 1000 + 60), ...params };
  const request = { params: Object.entries(all), path: { name }, headers: {}, nowMs: START_MS + 60_000 };
  const context = { storage: store(), signal: new AbortController().signal };
  const answer = await LOKI_SERVICES[service]!(request, context);
  return { status: answer.status, text: Buffer.from(answer.body).toString() };
}

const QUERY = { query: '{app="a"}' };

async function refused(service: string, params: Record<string, string>, message: RegExp): Promise<void> {
  const { status, text } = await call(service, { ...QUERY, ...params });
  assert.equal(status, 400, text);
  assert.match(text, message);
}

describe('detected labels', () => {
  const names = async (params: Record<string, string>): Promise<string[]> => {
    const { detectedLabels } = JSON.parse((await call('loki.detected_labels', params)).text);
    return detectedLabels.map((l: { label: string }) => l.label).sort();
  };

  it('are no identifiers; 0 and 1 are none', async () => {
    assert.deepEqual(await names(QUERY), ['app', 'flag', 'mixed', 'pod']);
    assert.deepEqual(await names({}), ['app', 'flag', 'mixed', 'pod']);
  });

  it('need no query, but a good one', async () => {
    await refused('loki.detected_labels', { query: '{}' }, /^parse error : queries require at least one/);
    await refused(
      'loki.detected_labels',
      { query: '{app="a"} |= "x"' },
      /^only label matchers are supported$/,
    );
    await refused('loki.detected_labels', { start: '10', end: '5' }, /^end timestamp must not be before/);
  });
});

describe('detected fields', () => {
  const fields = async (params: Record<string, string>): Promise<unknown> =>
    JSON.parse((await call('loki.detected_fields', { ...QUERY, ...params })).text);

  it('are as many as wanted, under either name', async () => {
    for (const name of ['limit', 'field_limit']) {
      const { fields: list, limit } = (await fields({ [name]: '2' })) as { fields: unknown[]; limit: number };
      assert.deepEqual([list.length, limit], [2, 2]);
    }
  });

  it('refuse what the original refuses', async () => {
    await refused('loki.detected_fields', { step: '0' }, /^zero or negative query resolution/);
    await refused('loki.detected_fields', { step: '1', end: '1867268800' }, /^exceeded maximum resolution/);
    await refused(
      'loki.detected_fields',
      { line_limit: '5001' },
      /^max entries limit per query exceeded, .*\(5001 > 5000\)$/,
    );
    await refused('loki.detected_fields', { start: '10', end: '5' }, /^end timestamp must not be before/);
    await refused('loki.detected_fields', { field_limit: '0' }, /^limit must be a positive value$/);
  });
});

describe('values of a detected field', () => {
  const values = async (name: string, params: Record<string, string> = {}): Promise<unknown> => {
    const { values: list } = JSON.parse(
      (await call('loki.detected_field_values', { ...QUERY, ...params }, name)).text,
    );
    return list?.sort();
  };

  it('are in the form of sizes where they can be read as such', async () => {
    assert.deepEqual(await values('size'), ['5.0MB', '7.0MB', '9.0MB']);
    assert.deepEqual(await values('b'), ['1.5MB']);
    assert.deepEqual(await values('d'), ['5s']);
    assert.deepEqual(await values('n2'), ['123']);
  });

  it('of metadata are as they are', async () => assert.deepEqual(await values('meta'), ['5MB']));

  it('are as many as wanted, whichever field of the lines it is', async () => {
    assert.deepEqual(await values('size', { limit: '1' }), ['7.0MB']);
    assert.deepEqual(await values('msg', { limit: '1' }), ['hi']);
  });

  it('are none where there is no such field', async () => {
    assert.equal((await call('loki.detected_field_values', QUERY, 'nope')).text, '{}');
    assert.equal((await call('loki.detected_field_values', QUERY, 'app')).text, '{}');
  });
});

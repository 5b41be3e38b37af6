/** What the running program is slow to come to: no room, and bodies of any kind. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AlertRoom } from '../../../src/alertmanager/alert-store.ts';
import { readAlerts } from '../../../src/api/alertmanager/alert-body.ts';
import { FormFault } from '../../../src/api/alertmanager/answers.ts';
import { alertmanagerRoutes } from '../../../src/api/alertmanager/routes.ts';
import { readSilenceBody } from '../../../src/api/alertmanager/silence-body.ts';
import { errorAnswer } from '../../../src/api/error-answer.ts';
import { inSlices } from '../../../src/base/slices.ts';
import { START_MS, setUp } from '../../alertmanager/memory-silences.ts';

const VERSION = { branch: '', buildDate: '', buildUser: '', goVersion: '', revision: '', version: '' };

describe('alerts for which there is no room', () => {
  it('are refused with the limit, and the others are taken', async () => {
    const { open } = setUp(new AlertRoom(2));
    const am = await open();
    const view = { open: async () => am, version: VERSION, startedMs: 0, whyNobody: '' };
    const routes = alertmanagerRoutes(view);
    const post = routes.find(({ methods, path }) => methods[0] === 'POST' && path === '/api/v2/alerts')!;
    const body = Buffer.from(JSON.stringify(['a', 'b', 'c'].map((alertname) => ({ labels: { alertname } }))));
    const headers = { 'content-type': 'application/json' };
    const request = { params: [], path: {}, headers, nowMs: START_MS, body };
    const error = await Promise.resolve(post.handle(request)).catch((e: unknown) => e);
    const { status, body: said } = errorAnswer('alertmanager', error);
    const message = '1 of 3 alerts were not taken: there is room for 2 alerts, 33554432 characters';
    assert.equal(status, 503);
    assert.deepEqual(JSON.parse(Buffer.from(said).toString()), { code: 503, message });
    assert.equal(am.counts().alerts.active, 2);
  });
});

describe('a body of any kind', () => {
  const key = fc.constantFrom(
    ...[
      'labels',
      'annotations',
      'startsAt',
      'ENDSAT',
      'generatorURL',
      'matchers',
      'name',
      'value',
      'isRegex',
    ],
    ...['comment', 'createdBy', 'id', '__proto__', ''],
  );
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom<unknown>(null, true, 0, '', 'x', '2031-01-01', '\ud800'),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    ),
  }));
  const body = fc.oneof(
    fc.array(value, { maxLength: 4 }).map((list) => Buffer.from(JSON.stringify(list))),
    value.map((one) => Buffer.from(JSON.stringify(one))),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  );

  it('is taken or refused for its form', async () => {
    await fc.assert(
      fc.asyncProperty(body, async (bytes) => {
        for (const read of [() => inSlices(readAlerts(bytes)), () => readSilenceBody(bytes)]) {
          const outcome: unknown = await read().catch((error: unknown) => error);
          if (outcome instanceof Error) assert.ok(outcome instanceof FormFault, String(outcome.stack));
        }
      }),
      { numRuns: 500 },
    );
  });
});

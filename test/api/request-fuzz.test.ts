/**
 * What listeners themselves read of a request, given anything: parameters, the tenants' header, paths of the page, pieces of
 * gRPC. Whatever comes is an answer or an error that somebody foresaw.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { readServiceRequest } from '../../src/api/exchange.ts';
import { pages } from '../../src/api/page-routes.ts';
import { limitOf, optionalTimeMs, Params, parseDurationParameter, plainLimit } from '../../src/api/params.ts';
import { TriliteError } from '../../src/model/errors.ts';
import { parseTenant, parseTenants } from '../../src/model/tenant.ts';
import type { ServiceRequest } from '../../src/query/service.ts';

/** Runs it; an error must be of the foreseen kind. */
function foreseen<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch (error) {
    assert.ok(error instanceof TriliteError && error.kind !== 'internal', String((error as Error).stack));
    return undefined;
  }
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '',
    '1e999',
    '-0',
    'NaN',
    '9223372036854775808',
    '1h30m',
    '290y',
    '2024-13-40T99:99:99Z',
    '../..',
    '__proto__',
  ),
);

describe('anything as', () => {
  it('a parameter', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 8 }), text, (list, value) => {
        const params = new Params([...list, ['x', value], ['limit', value]]);
        foreseen(() => optionalTimeMs(params, 'x', 0));
        foreseen(() => parseDurationParameter(value));
        foreseen(() => limitOf(params));
        foreseen(() => plainLimit(params, 'x'));
      }),
    );
  });

  it('the header of tenants', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.array(text).map((ids) => ids.join('|')),
        ),
        (header) => {
          const one = foreseen(() => parseTenant(header));
          const several = foreseen(() => parseTenants(header));
          for (const id of [...(several ?? []), ...(one === undefined ? [] : [one])]) {
            assert.ok(id !== '' && id !== '.' && id !== '..' && !/[/\\|\0]/.test(id), JSON.stringify(id));
          }
        },
      ),
    );
  });

  it('a path of the page: only its own files are asked for', () => {
    const asked: string[] = [];
    const page = pages((name) => {
      asked.push(name);
      return undefined;
    });
    const steps = fc.constantFrom(
      '..',
      '%2e%2e',
      '%2f',
      '\\',
      '\0',
      '..;',
      'ui',
      'trace',
      'index.html',
      'package.json',
      '',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.array(steps).map((parts) => `/${parts.join('/')}`),
        ),
        (path) => {
          const given: ServiceRequest = { params: [], path: {}, headers: {}, nowMs: 0 };
          foreseen(() => page.at(path)?.(given));
        },
      ),
    );
    for (const name of asked) assert.match(name, /^[\w-]+\.(html|js|css|svg)(\.gz)?$/);
  });
});

describe('anything as a form', () => {
  const server = createServer((incoming: IncomingMessage, response) => {
    const parsed = readServiceRequest(incoming, {}, 0);
    parsed.then(
      ({ params }) => response.end(String(params.length)),
      (error) => response.writeHead(error instanceof TriliteError ? 400 : 500).end(),
    );
  });
  let port: number;
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo);
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });

  async function post(body: Uint8Array | string): Promise<{ status: number; text: string }> {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': Buffer.byteLength(body),
    };
    const sent = request({ host: '127.0.0.1', port, method: 'POST', path: '/?a=%zz&b=%00;', headers });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const pieces: Buffer[] = [];
    for await (const piece of answer) pieces.push(piece as Buffer);
    return { status: answer.statusCode!, text: Buffer.concat(pieces).toString() };
  }

  it('is read', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (body) => {
        assert.equal((await post(body)).status, 200);
      }),
      { numRuns: 60 },
    );
  });

  it('with very many fields is read', async () => {
    assert.deepEqual(await post('a=b&'.repeat(300_000)), { status: 200, text: '300000' });
  });
});

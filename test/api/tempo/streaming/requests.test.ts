/** Requests of streaming calls: which parameters their fields become, and that malformed ones are refused. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { streamingMethods } from '../../../../src/api/tempo/streaming/methods.ts';
import {
  instantAsked,
  rangeAsked,
  searchAsked,
  tagsAsked,
  tagValuesAsked,
} from '../../../../src/api/tempo/streaming/requests.ts';
import { TriliteError } from '../../../../src/model/errors.ts';
import type { ServiceRequest } from '../../../../src/query/service.ts';
import { parseTags } from '../../../../src/query/traces/legacy-search.ts';
import { encodeRequest } from '../../../support/streaming-client.ts';

const paramsOf = ({ params }: Pick<ServiceRequest, 'params'>) => Object.fromEntries([...params].reverse());

describe('requests of streaming calls', () => {
  it('become the parameters of the HTTP endpoint; what is zero is absent', () => {
    const search = encodeRequest('Search', {
      Query: '{}',
      MinDurationMs: 5,
      MaxDurationMs: 9,
      Limit: 7,
      start: 1,
      end: 4_294_967_295,
      SpansPerSpanSet: 2,
    });
    assert.deepEqual(paramsOf(searchAsked(search)), {
      q: '{}',
      minDuration: '5ms',
      maxDuration: '9ms',
      limit: '7',
      start: '1',
      end: '4294967295',
      spss: '2',
    });
    assert.deepEqual(searchAsked(new Uint8Array(0)), { params: [], path: {} });
    const tags = encodeRequest('SearchTags', { scope: 'span', query: '{}', maxTagsPerScope: 3 });
    assert.deepEqual(paramsOf(tagsAsked(tags)), { scope: 'span', q: '{}', limit: '3' });
    const values = encodeRequest('SearchTagValues', { tagName: 'a/b%', start: 1, end: 2 });
    assert.deepEqual(tagValuesAsked(values).path, { name: 'a/b%' });
  });

  it('keep their nanoseconds, be they few', () => {
    const times = { start: '5', end: '1767268800123456789' };
    const range = encodeRequest('MetricsQueryRange', { ...times, query: '{}', step: '1500' });
    assert.deepEqual(paramsOf(rangeAsked(range)), {
      q: '{}',
      start: '00000000005',
      end: '1767268800123456789',
      step: '1500ns',
    });
    assert.deepEqual(paramsOf(instantAsked(new Uint8Array(0))), {
      start: '00000000000',
      end: '00000000000',
    });
  });

  it('keep any tag', () => {
    const key = fc.stringMatching(/^[^\s="]+$/);
    fc.assert(
      fc.property(fc.dictionary(key, fc.string({ unit: 'grapheme' }), { maxKeys: 4 }), (tags) => {
        const { tags: text = '' } = paramsOf(searchAsked(encodeRequest('Search', { Tags: tags })));
        assert.deepEqual(Object.fromEntries(parseTags(text)), { ...tags });
      }),
    );
  });

  it('are read or refused, whatever their bytes are', () => {
    const whole = encodeRequest('Search', { Tags: { a: 'b' }, Query: '{}', Limit: 5, start: 1, end: 2 });
    const mutated = fc
      .tuple(fc.nat(whole.length), fc.uint8Array({ maxLength: 5 }))
      .map(([at, bytes]) => Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + bytes.length)]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 40 }), mutated), (bytes) => {
        for (const read of [searchAsked, tagsAsked, tagValuesAsked, rangeAsked, instantAsked]) {
          try {
            read(bytes);
          } catch (error) {
            assert.ok(error instanceof TriliteError && error.kind === 'bad_data', String(error));
          }
        }
      }),
    );
  });

  it('say whose data they are about, where they must', async () => {
    const asked: ServiceRequest[] = [];
    const runner = {
      run: async (_: string, request: ServiceRequest) => {
        asked.push(request);
        return { status: 200, contentType: '', body: new Uint8Array(0) };
      },
    };
    const call = async (ofTenants: boolean, tenant: string | undefined) => {
      const [search] = streamingMethods({ runner, queryTimeoutMs: 0, ofTenants, now: () => 5 });
      const gone = new AbortController();
      const of = { header: () => tenant, peer: '[::1]:5', gone };
      for await (const _ of search!.answer(new Uint8Array(0), of));
      return asked.at(-1)!;
    };
    assert.equal((await call(false, 'a')).tenants, undefined);
    const { tenants, nowMs, client } = await call(true, 'b|a');
    assert.deepEqual(tenants, ['a', 'b']);
    assert.equal(nowMs, 5);
    assert.deepEqual(client, {
      address: '[::1]',
      method: 'POST',
      path: '/tempopb.StreamingQuerier/Search',
    });
    await assert.rejects(call(true, undefined), { kind: 'unauthorized' });
  });

  it('are over when their time is', async () => {
    const runner = {
      run: (_: string, __: ServiceRequest, signal: AbortSignal) =>
        new Promise<never>((_, reject) =>
          signal.addEventListener('abort', () => reject(new TriliteError('canceled', 'x'))),
        ),
    };
    const [search] = streamingMethods({ runner, queryTimeoutMs: 1, ofTenants: false, now: Date.now });
    const of = { header: () => undefined, peer: '', gone: new AbortController() };
    const read = async () => {
      for await (const _ of search!.answer(new Uint8Array(0), of));
    };
    await assert.rejects(read(), { kind: 'timeout' });
  });
});

/** What is said in a resource of whose it is, and what a client's own attribute of the reserved name becomes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeOtlpTraces } from '../../../src/ingest/decode/otlp-traces.ts';
import type { SpanBatch } from '../../../src/model/batch.ts';
import { allRows } from '../../../src/model/span-rows.ts';
import { spansOf } from '../../../src/model/spans-of.ts';
import { buildSpanGroup } from '../../../src/storage/chunkenc/span-page.ts';
import { TenantGroup } from '../../../src/storage/tenant/tenant-group.ts';
import { tenantSpans } from '../../../src/storage/tenant/tenant-spans.ts';
import { decode, encode, messageArbitrary, type PlainMessage } from '../../ingest/decode/otlp-arbitrary.ts';
import { batchOfJson } from '../memory-traces.ts';
import { contents } from '../span-contents.ts';

const requests = messageArbitrary('TracesData').map((m) => decodeOtlpTraces(encode('TracesData', m)));

function keysOf({ bytes, resourceStart, resourceEnd }: SpanBatch, r = 0): string[] {
  const { attributes } = decode('Resource', bytes.subarray(resourceStart[r]!, resourceEnd[r]!));
  return (attributes as PlainMessage[]).map(({ key }) => String(key));
}

function batchWith(...keys: string[]): SpanBatch {
  const attributes = keys.map((key, i) => ({ key, value: { stringValue: `v${i}` } }));
  const span = { traceId: 'ab'.repeat(16), spanId: '00000000000000a1', name: 'op' };
  return batchOfJson({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] });
}

const seenBy = (batches: readonly SpanBatch[], ...tenants: string[]) =>
  new TenantGroup(buildSpanGroup(allRows(batches)), new Set(tenants), () => {});

describe("a tenant's spans", () => {
  it('say whose they are, those of the default tenant do not', () => {
    assert.deepEqual(keysOf(tenantSpans(batchWith('a', 'b'), 'x')), ['a', 'b', '__tenant_id__']);
    const batch = batchWith('a', 'b');
    assert.equal(tenantSpans(batch, 'fake'), batch);
  });

  it('keep an attribute of the reserved name under another, whoever sends it', () => {
    const given = ['__tenant_id__', 'original___tenant_id__', 'my__tenant_id__', '__tenant_id__x', 'a'];
    const stored = [
      'original___tenant_id__',
      'original_original___tenant_id__',
      'my__tenant_id__',
      '__tenant_id__x',
      'a',
    ];
    assert.deepEqual(keysOf(tenantSpans(batchWith(...given), 'fake')), stored);
    assert.deepEqual(keysOf(tenantSpans(batchWith(...given), 'x')), [...stored, '__tenant_id__']);
    for (const tenant of ['fake', 'x']) {
      const group = seenBy([tenantSpans(batchWith(...given), tenant)], tenant);
      assert.deepEqual([...group.resources.attributes.keys()].sort(), [...given].sort());
      const [own] = group.resources.attributes.of('__tenant_id__');
      assert.deepEqual(own?.type === 'string' && own.values().strings, ['v0']);
    }
  });

  it('cannot be made those of another by a message that is written in an odd way', () => {
    // A key that comes twice: the last holds.
    const keyTwice = Buffer.concat([
      Buffer.from([0x0a, 1, 0x61]),
      Buffer.from([0x0a, 13]),
      Buffer.from('__tenant_id__'),
      Buffer.from([0x12, 3, 0x0a, 1, 0x79]),
    ]);
    const resource = Buffer.concat([Buffer.from([0x0a, keyTwice.length]), keyTwice]);
    const span = Buffer.from(`0a10${'ab'.repeat(16)}120800000000000000a1`, 'hex');
    const spans = Buffer.concat([Buffer.from([0x12, span.length]), span]);
    const inner = Buffer.concat([
      Buffer.from([0x0a, resource.length]),
      resource,
      Buffer.from([0x12, spans.length]),
      spans,
    ]);
    const batch = decodeOtlpTraces(Buffer.concat([Buffer.from([0x0a, inner.length]), inner]));
    for (const tenant of ['fake', 'x']) {
      const stored = tenantSpans(batch, tenant);
      assert.equal(seenBy([stored], 'y').spanCount, 0);
      assert.equal(seenBy([stored], tenant).spanCount, 1);
      assert.deepEqual(seenBy([stored], tenant).resources.attributes.keys(), ['__tenant_id__']);
    }
  });

  it('come out as they were sent, and nobody else has them', () => {
    fc.assert(
      fc.property(requests, requests, (one, other) => {
        const stored = [tenantSpans(one, 'x'), tenantSpans(other, 'fake'), tenantSpans(one, 'y')];
        assert.deepEqual(contents([spansOf(seenBy(stored, 'x'))]), contents([one]));
        assert.deepEqual(contents([spansOf(seenBy(stored, 'fake'))]), contents([other]));
        assert.equal(seenBy(stored, 'nobody').spanCount, 0);
      }),
      { numRuns: 25 },
    );
  });
});

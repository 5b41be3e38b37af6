/** Answers in messages: no item is lost, none is larger than it may be, and all have their metrics. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MessageList, ONE_JOB, searchMetrics } from '../../../../src/api/tempo/proto/message-list.ts';
import { scopeMessages } from '../../../../src/api/tempo/proto/tag-messages.ts';
import { ProtoReader } from '../../../../src/base/protobuf.ts';
import { decodeResponse } from '../../../support/streaming-client.ts';

test('items come out as they went in, in messages that are not too large', () => {
  const metrics = searchMetrics(ONE_JOB);
  const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 60 });
  fc.assert(
    fc.property(sizes, fc.integer({ min: 60, max: 500 }), (lengths, maxBytes) => {
      const list = new MessageList(metrics, maxBytes);
      for (const [i, length] of lengths.entries()) list.add(1, new Uint8Array(length).fill(i));
      const messages = list.take();
      assert.ok(messages.length >= 1);
      const items: Uint8Array[] = [];
      for (const message of messages) {
        const here: Uint8Array[] = [];
        let told = 0;
        const reader = new ProtoReader(message);
        while (reader.next()) {
          if (reader.field === 1) here.push(reader.bytes());
          else told += Buffer.from(reader.bytes()).equals(metrics) ? 1 : 100;
        }
        assert.equal(told, 1);
        assert.ok(message.length <= maxBytes || here.length === 1, `${message.length} > ${maxBytes}`);
        items.push(...here);
      }
      assert.deepEqual(
        items.map((item) => item.length),
        lengths,
      );
      assert.ok(items.every((item, i) => item.every((byte) => byte === i % 256)));
    }),
  );
});

test('a scope with many tags goes on in the next message', () => {
  const tags = Array.from({ length: 1000 }, (_, i) => `tag-${i}-${'ü'.repeat(i % 20)}`);
  const scopes = [
    { name: 'span', tags },
    { name: 'resource', tags: ['service.name'] },
  ];
  const messages = scopeMessages(scopes, 2000);
  assert.ok(messages.length > 5);
  assert.ok(messages.every((message) => message.length <= 2000));
  const decoded = messages.flatMap(
    (message) =>
      decodeResponse('SearchTagsV2', message).scopes as readonly { name: string; tags: readonly string[] }[],
  );
  for (const { name, tags: all } of scopes) {
    assert.deepEqual(
      decoded.filter((scope) => scope.name === name).flatMap((scope) => scope.tags),
      all,
    );
  }
  assert.equal(scopeMessages(scopes).length, 1);
});

/** Which queries name the one trace that they can find something in. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseQuery } from '../../../src/query/lang/traceql/parser.ts';
import { knownTrace } from '../../../src/query/traces/known-trace.ts';

const A = '1f4c6d0000000000000000000000000a';
const B = '1f4c6d0000000000000000000000000b';

function known(text: string): string | undefined {
  const query = parseQuery(text);
  assert.equal(query.kind, 'search');
  const id = query.kind === 'search' ? knownTrace(query.pipeline) : undefined;
  return id && Buffer.from(id).toString('hex');
}

test('a trace that every match must be in is known', () => {
  for (const text of [
    `{ trace:id = "${A}" }`,
    `{ "${A}" = trace:id && status = error }`,
    `{ name = "x" } && { trace:id = "${A}" }`,
    `{ trace:id = "${A}" } >> { status = error }`,
    `{ status = error } !>> { trace:id = "${A}" }`,
    `({ trace:id = "${A}" } | count() > 2) && ({ })`,
    `{ status = error } | { trace:id = "${A}" }`,
    `{ trace:id = "${A}" } || { trace:id = "${A}" && name = "x" }`,
    `{ trace:id = "${A.toUpperCase()}" }`,
  ]) {
    assert.equal(known(text), A, text);
  }
  assert.equal(known('{ trace:id = "2f" }'), '2f'.padStart(32, '0'), 'leading zeros left out');
});

test('others are not', () => {
  for (const text of [
    '{ }',
    `{ trace:id != "${A}" }`,
    `{ trace:id =~ "${A}" }`,
    `{ !(trace:id = "${A}") }`,
    `{ trace:id = "${A}" || name = "x" }`,
    `{ trace:id = "${A}" || trace:id = "${B}" }`,
    `{ trace:id = "${A}" } || { trace:id = "${B}" }`,
    `{ trace:id = "${A}" } !>> { status = error }`,
    `{ link:traceID = "${A}" }`,
    `{ trace:id = "${A}00" }`,
    '{ trace:id = "no id" }',
  ]) {
    assert.equal(known(text), undefined, text);
  }
});

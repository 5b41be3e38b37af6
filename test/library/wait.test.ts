/** Waiting on a sink: it wakes on arrival, and tells what there was where it woke in vain. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { ExpectationFailure, PromqlAnswer, Sink } from '../../src/index.ts';
import { startTrilite } from '../../src/index.ts';

const LONG = { timeout: '20s' };
const SHORT = { timeout: 50 };

const failure = (promise: Promise<unknown>): Promise<ExpectationFailure> =>
  promise.then(
    () => assert.fail('it held'),
    (error: ExpectationFailure) => error,
  );

describe('waiting', () => {
  let sink: Sink;

  before(async () => {
    sink = await startTrilite();
  });
  after(() => sink.stop());

  it('resolves to what is there already', async () => {
    await sink.load('here 1');
    const answer = await sink.waitFor('here');
    assert.equal(answer.kind, 'vector');
  });

  it('wakes when what is waited for arrives, in every language', async () => {
    const waiting = [
      sink.waitFor('up', 1, LONG),
      sink.waitFor({ logql: '{service_name="api"} |= "paid"' }, 2, LONG),
      sink.waitFor({ traceql: '{ name = "work" }' }, undefined, LONG),
      sink.waitFor({ trace: 'ab'.repeat(16) }, { count: '>= 2' }, LONG),
    ] as const;
    await sink.load('up 1');
    await sink.push({ logs: [{ line: 'paid 1', service: 'api' }] });
    await sink.push({ logs: [{ line: 'paid 2', service: 'api' }] });
    await sink.push({ spans: [{ name: 'work', traceId: 'ab'.repeat(16), children: [{ name: 'part' }] }] });
    const [, lines, , trace] = await Promise.all(waiting);
    assert.equal(lines.kind === 'entries' && lines.entries.length, 2);
    assert.equal(trace.spans.length, 2);
  });

  it('goes by numbers, comparisons, counts and functions', async () => {
    await sink.load('a{x="1"} 3\na{x="2"} 4');
    await sink.waitFor('a', '>= 3', SHORT);
    await sink.waitFor('sum(a)', 7, SHORT);
    await sink.waitFor('a', { count: 2 }, SHORT);
    await sink.waitFor('a', { value: '< 5' }, SHORT);
    await sink.waitFor('a', (answer: PromqlAnswer) => assert.equal(answer.kind, 'vector'), SHORT);
    assert.match((await failure(sink.waitFor('a', '> 3', SHORT))).message, /there is the value 3/);
    assert.match((await failure(sink.waitFor('a', { count: 1 }, SHORT))).message, /there are 2/);
    assert.match((await failure(sink.waitFor('a', () => false, SHORT))).message, /returned false/);
    await assert.rejects(sink.waitFor('a', 'three', SHORT), TypeError);
  });

  it('says what was asked, what came and what comes nearest', async () => {
    await sink.load('http_requests_total 2');
    const error = await failure(sink.waitFor('http_request_total', undefined, SHORT));
    assert.equal(error.name, 'ExpectationError');
    assert.match(error.message, /waited 50 ms in vain for not empty/);
    assert.match(error.message, /query +promql +http_request_total/);
    assert.match(error.message, /answer +no series/);
    assert.match(error.message, /metrics +http_requests_total, /);
    assert.match(error.stack!, /wait\.test\.ts/);
    const thrown = await failure(
      sink.waitFor({ logql: '{service_name="x"}' }, () => assert.fail('not yet'), SHORT),
    );
    assert.match(thrown.message, /not yet/);
    assert.match(thrown.message, /stream +\{service_name=/);
  });

  it('rejects at once where the query is wrong, or the test gives up', async () => {
    await assert.rejects(sink.waitFor('sum(', undefined, LONG), { kind: 'bad_data' });
    const giveUp = new AbortController();
    const waiting = sink.waitFor('never', undefined, { ...LONG, signal: giveUp.signal });
    giveUp.abort(new Error('enough'));
    await assert.rejects(waiting, /enough/);
  });

  it('is content where nothing comes, and not where something does', async () => {
    await sink.expectAbsent({ logql: '{service_name="quiet"}' }, { within: 50 });
    const watching = failure(sink.expectAbsent({ logql: '{service_name="quiet"}' }, { within: '20s' }));
    await sink.push({ logs: [{ line: 'there', service: 'quiet' }] });
    assert.match((await watching).message, /there is 1\n(?:.*\n)*.*there$/);
  });
});

/** Silences: their states as time goes by, what may be changed of one, what is stored of all that. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type PostedSilence,
  printSilence,
  readSilence,
  type SilenceState,
  stateOf,
} from '../../src/alertmanager/silence.ts';
import { SILENCE_MAX_BYTES, SILENCE_RETENTION_MS } from '../../src/alertmanager/silences.ts';
import type { MatchType } from '../../src/model/matcher.ts';
import { START_MS, setUp, silence } from './memory-silences.ts';

const HOUR = 3_600_000;

async function one(posted: Partial<PostedSilence> = {}) {
  const parts = setUp();
  const { silences } = (await parts.open()).of('fake');
  const id = await silences.set(silence(posted));
  const state = (which = id): SilenceState => stateOf(silences.find(which)!, parts.clock.now());
  return { ...parts, silences, id, state };
}

describe('a silence', () => {
  it('is pending, active, expired; and forgotten five days later', async () => {
    const { clock, silences, id, state, store } = await one({
      startsAtMs: START_MS + HOUR,
      endsAtMs: START_MS + 2 * HOUR,
    });
    assert.equal(state(), 'pending');
    await clock.advance(HOUR);
    assert.equal(state(), 'active');
    await clock.advance(HOUR);
    assert.equal(state(), 'active', 'its end belongs to it');
    await clock.advance(1);
    assert.equal(state(), 'expired');
    assert.deepEqual(silences.counts(), { active: 0, pending: 0, expired: 1 });
    await clock.advance(SILENCE_RETENTION_MS - 1);
    assert.ok(silences.find(id));
    await clock.advance(HOUR);
    assert.equal(silences.find(id), undefined);
    assert.equal(store.rows.size, 0);
  });

  it('begins now where it would have begun before', async () => {
    const { silences, id } = await one({ startsAtMs: START_MS - HOUR });
    assert.equal(silences.find(id)!.startsAtMs, START_MS);
  });

  it('of the past or without a length is refused', async () => {
    const { silences } = await one();
    const refuses = (posted: Partial<PostedSilence>, message: string) =>
      assert.rejects(silences.set(silence(posted)), { kind: 'bad_data', message });
    const order = 'Failed to create silence: start time must be before end time';
    await refuses({ startsAtMs: START_MS + 5, endsAtMs: START_MS + 5 }, order);
    await refuses({ endsAtMs: undefined }, order);
    await refuses({ endsAtMs: START_MS - 1 }, "Failed to create silence: end time can't be in the past");
    assert.equal(silences.size, 1);
  });

  it('must have matchers that say something', async () => {
    const { silences } = await one();
    const refuses = (type: MatchType, name: string, value: string, message: string) =>
      assert.rejects(silences.set(silence({ matchers: [{ type, name, value }] })), {
        message: `invalid silence: ${message}`,
      });
    const empty = 'matcher set 0: at least one matcher must not match the empty string';
    await refuses('=', 'a', '', empty);
    await refuses('=~', 'a', 'x|', empty);
    await refuses('=', '', 'x', 'invalid label matcher 0 in set 0: invalid label name ""');
    const fault = 'error parsing regexp: missing closing ]: `[`';
    await refuses(
      '!~',
      'a',
      '[',
      `invalid label matcher 0 in set 0: invalid regular expression "[": ${fault}`,
    );
    await silences.set(silence({ matchers: [{ type: '!=', name: 'a', value: 'x' }] }));
    await silences.set(silence({ matchers: [{ type: '=', name: 'any name', value: 'x' }] }));
  });

  it('is bounded', async () => {
    const { silences } = await one();
    const comment = 'x'.repeat(SILENCE_MAX_BYTES);
    await assert.rejects(
      silences.set(silence({ comment })),
      /silence exceeded maximum size: \d+ bytes \(limit: 65536 bytes\)/,
    );
    assert.equal(silences.size, 1);
  });

  it('is read back as it was stored', async () => {
    const { silences, id } = await one({
      matchers: [
        { type: '=~', name: 'ä "b"', value: '.+' },
        { type: '!=', name: 'x', value: '' },
      ],
      annotations: ['k', 'v'],
    });
    const kept = silences.find(id)!;
    const again = readSilence(printSilence(kept));
    assert.deepEqual(
      { ...again, matchers: again.matchers.map(String) },
      { ...kept, matchers: kept.matchers.map(String) },
    );
  });
});

describe('a change of a silence', () => {
  it('of its end or comment changes it', async () => {
    const { clock, silences, id, state, store } = await one();
    await clock.advance(HOUR / 2);
    const changed = { id, startsAtMs: START_MS + 999, endsAtMs: START_MS + 9 * HOUR, comment: 'longer' };
    assert.equal(await silences.set(silence(changed)), id);
    await clock.advance(5 * HOUR);
    assert.deepEqual([state(), silences.find(id)!.comment, silences.size], ['active', 'longer', 1]);
    assert.equal(readSilence([...store.rows.values()][0]!.definition).comment, 'longer');
  });

  it('of its matchers ends it and makes another', async () => {
    const { clock, silences, id, state } = await one();
    await clock.advance(HOUR / 2);
    const matchers = [{ type: '=', name: 'alertname', value: 'B' }] as const;
    const other = await silences.set(silence({ id, matchers }));
    assert.notEqual(other, id);
    await clock.advance(1);
    assert.deepEqual([state(), state(other)], ['expired', 'active']);
    assert.equal(silences.find(other)!.startsAtMs, START_MS + HOUR / 2);
  });

  it('of a start that has passed does too', async () => {
    const { clock, silences, id } = await one();
    await clock.advance(HOUR / 2);
    assert.notEqual(await silences.set(silence({ id, startsAtMs: START_MS + HOUR / 4 })), id);
  });

  it('of the start of a pending one changes it, unless it would have begun', async () => {
    const { clock, silences, id, state } = await one({
      startsAtMs: START_MS + HOUR,
      endsAtMs: START_MS + 9 * HOUR,
    });
    const later = { id, startsAtMs: START_MS + 2 * HOUR, endsAtMs: START_MS + 9 * HOUR };
    assert.equal(await silences.set(silence(later)), id);
    const earlier = await silences.set(silence({ ...later, startsAtMs: START_MS - 1 }));
    assert.notEqual(earlier, id);
    await clock.advance(1);
    assert.deepEqual([state(id), state(earlier)], ['expired', 'active']);
  });

  it('of one that is over makes another and leaves it as it was', async () => {
    const { clock, silences, id } = await one();
    await clock.advance(2 * HOUR);
    const before = silences.find(id);
    assert.notEqual(await silences.set(silence({ id, endsAtMs: START_MS + 5 * HOUR })), id);
    assert.equal(silences.find(id), before);
  });

  it('of none is not found', async () => {
    const { silences } = await one();
    const gone = { kind: 'not_found', message: 'silence not found' };
    await assert.rejects(silences.set(silence({ id: 'x' })), gone);
    await assert.rejects(silences.expire('x'), gone);
  });

  it('that is not stored did not happen', async () => {
    const { silences, id, store, state } = await one();
    store.fails = new Error('disk full');
    await assert.rejects(silences.expire(id), /disk full/);
    await assert.rejects(silences.set(silence()), /disk full/);
    assert.deepEqual([state(), silences.size], ['active', 1]);
    store.fails = undefined;
    await silences.expire(id);
    assert.equal(silences.find(id)!.endsAtMs, START_MS);
  });
});

describe('a silence that is ended', () => {
  it('is over from then on, also where it had not begun', async () => {
    const { clock, silences, id, state } = await one({
      startsAtMs: START_MS + HOUR,
      endsAtMs: START_MS + 2 * HOUR,
    });
    await silences.expire(id);
    const kept = silences.find(id)!;
    assert.deepEqual([kept.startsAtMs, kept.endsAtMs], [START_MS, START_MS]);
    await clock.advance(1);
    assert.equal(state(), 'expired');
    await silences.expire(id);
    assert.equal(silences.find(id), kept, 'once');
  });
});

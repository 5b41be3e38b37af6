/** The demo's command line: what is its own, and what goes on to Trilite. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions, UsageError } from '../../demo/options.ts';

test('without flags nothing is kept', () => {
  assert.deepEqual(parseOptions([]), {
    help: false,
    pace: 1,
    shopPort: 8080,
    data: ':memory:',
    triliteArgs: ['--data', ':memory:'],
  });
});

test('its own flags are taken out, in both spellings; the others stay as they are', () => {
  const args = ['--pace=2.5', '--http', '127.0.0.1:0', '--shop-port', '0', '--retention=1d'];
  const { pace, shopPort, triliteArgs } = parseOptions(args);
  assert.deepEqual([pace, shopPort], [2.5, 0]);
  assert.deepEqual(triliteArgs, ['--http', '127.0.0.1:0', '--retention=1d', '--data', ':memory:']);
});

test('a data directory that is named is used', () => {
  for (const args of [['--data', 'd=1'], ['--data=d=1']]) {
    const { data, triliteArgs } = parseOptions(args);
    assert.equal(data, 'd=1');
    assert.deepEqual(triliteArgs, args);
  }
});

test('what cannot be is told with its flag', () => {
  for (const args of [
    ['--pace', '0'],
    ['--pace'],
    ['--pace=x'],
    ['--shop-port', '70000'],
    ['--config', 'x.yml'],
    ['--promtail-config=x.yml'],
  ]) {
    const flag = args[0]!.split('=')[0]!;
    assert.throws(
      () => parseOptions(args),
      (error) => error instanceof UsageError && error.message.startsWith(flag),
    );
  }
});

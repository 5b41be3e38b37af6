/** What is said too often is left out and counted; long values are cut. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLogger } from '../../src/base/log.ts';
import { LogPace } from '../../src/base/log-pace.ts';

describe('the pace of the log', () => {
  it('bounds each message by itself, and tells how much was left out', () => {
    const pace = new LogPace();
    let written = 0;
    for (let i = 0; i < 10_000; i++) if (pace.admit('again', 1000 + i) !== undefined) written++;
    assert.equal(written, 200);
    assert.equal(pace.admit('another', 11_000), 0);
    assert.equal(pace.admit('again', 61_000), 9800);
    assert.equal(pace.admit('again', 61_001), 0);
  });

  it('forgets messages that are too many to be told apart', () => {
    const pace = new LogPace();
    for (let i = 0; i < 100_000; i++) assert.equal(pace.admit(`message ${i}`, 0), 0);
  });

  it('goes for a logger and its children, but not for details', () => {
    const lines: string[] = [];
    const log = createLogger('debug', (line) => lines.push(line));
    const child = log.child({ part: 'x' });
    for (let i = 0; i < 300; i++) {
      child.warn('too often', { i });
      log.debug('detail');
    }
    assert.equal(lines.filter((line) => line.includes('too often')).length, 200);
    assert.equal(lines.filter((line) => line.includes('detail')).length, 300);
  });

  it('cuts values that somebody sent', () => {
    const lines: string[] = [];
    createLogger('info', (line) => lines.push(line)).info('asked', { path: 'a'.repeat(1_000_000) });
    assert.ok(lines[0]!.length < 9000);
  });
});

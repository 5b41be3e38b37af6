/** Escape sequences of terminals. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stripAnsi } from '../../src/model/ansi.ts';

describe('escape sequences', () => {
  const rows: [text: string, want: string][] = [
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b[1;31;40mx\u001b[K', 'x'],
    ['\u001b]0;title\u0007z', 'z'],
    ['\u001b(B\u001b[?25l', ''],
    ['\u009b31mc1', 'c1'],
    ['\u001b[12345m', 'm'],
    ['\u001b[1;xq', ';xq'],
    ['\u001b[', '\u001b['],
    ['no sequence', 'no sequence'],
  ];
  for (const [text, want] of rows) it(JSON.stringify(text), () => assert.equal(stripAnsi(text), want));

  it('takes a line full of half sequences', () => {
    const line = `\u001b${';'.repeat(500_000)}\u001b[${'1;'.repeat(500_000)}`;
    assert.ok(stripAnsi(line).length > 0);
  });
});

import { expect as jestExpect } from '@jest/globals';
import type { Sink } from 'trilite';
import { assertSpan } from 'trilite/assert';
import { matchers } from 'trilite/matchers';
import { expect as vitestExpect } from 'vitest';

vitestExpect.extend(matchers);
jestExpect.extend(matchers as never);

export async function typed(sink: Sink): Promise<string> {
  await vitestExpect(sink).toHaveSpan({ name: vitestExpect.stringContaining('x'), durationMs: '>= 3' });
  await vitestExpect(sink).not.toHaveLog(/x/, { within: '1s' });
  await jestExpect(sink).toHaveSeries({ name: 'x', value: (v) => v > 1 });
  await expect(sink).toHaveTrace({ name: 'x', children: ['y'] }, { exact: true });
  // @ts-expect-error: no such key
  await vitestExpect(sink).toHaveSpan({ nmae: 'x' });
  const [span] = await assertSpan(sink, { attributes: { code: (code: number) => code > 3 } });
  return span!.name;
}

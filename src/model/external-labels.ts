/** `external_labels`: what tells this server's series from those of others, added where they leave it. */

import type { Labels } from './labels.ts';
import { Matcher } from './matcher.ts';

/** The labels with those of `external` that they do not have. */
export function withExternalLabels(labels: Labels, external: Labels): Labels {
  let out = labels;
  for (let i = 0; i < external.pairs.length; i += 2) {
    const name = external.pairs[i]!;
    if (!labels.has(name)) out = out.with(name, external.pairs[i + 1]!);
  }
  return out;
}

/** A matcher that asks for an external label finds the series without it: that is how they are stored. */
export function withoutExternalLabels(matchers: readonly Matcher[], external: Labels): Matcher[] {
  return matchers.map((m) =>
    m.type === '=' && external.has(m.name) && external.get(m.name) === m.value
      ? new Matcher('=', m.name, '')
      : m,
  );
}

/** A rule's expression, which leads to what it gives. */

import type { RuleLanguage } from '../../api/status-answers.ts';
import { href } from '../../location.ts';
import { rangeParams } from '../../time/use-time.ts';

export function Expression({ query, language }: { readonly query: string; readonly language: RuleLanguage }) {
  const address =
    language === 'promql'
      ? href('/graph', { ...rangeParams(), 'g0.expr': query, 'g0.tab': 'graph' })
      : href('/logs', { ...rangeParams(), q: query });
  return (
    <a
      class="expression"
      href={address}
      title={language === 'promql' ? 'Show as a graph' : 'Show in the logs'}
    >
      <code>{query}</code>
    </a>
  );
}

/** Names and values for completion, of the range on view; what was asked once is not asked again. */

import { detectedFields, detectedFieldValues, logLabels, logLabelValues } from '../../api/loki.ts';
import type { Bounds } from '../../time/range.ts';
import type { LogqlSource } from './logql-completion.ts';

export function logqlSource(bounds: Bounds): LogqlSource {
  const answers = new Map<string, Promise<unknown>>();
  const once = <T>(ask: () => Promise<T>, ...question: readonly (string | undefined)[]): Promise<T> => {
    const key = JSON.stringify(question);
    const known = answers.get(key) as Promise<T> | undefined;
    if (known) return known;
    const asked = ask();
    answers.set(key, asked);
    asked.catch(() => answers.delete(key));
    return asked;
  };
  return {
    labels: (selector) => once(() => logLabels({ ...bounds, selector }), 'labels', selector),
    values: (label, selector) =>
      once(() => logLabelValues(label, { ...bounds, selector }), 'values', label, selector),
    fields: (query) => once(() => detectedFields(query, bounds), 'fields', query),
    fieldValues: (field, query) =>
      once(() => detectedFieldValues(field, query, bounds), 'field', field, query),
  };
}

/**
 * What a query tells beside its answer: warnings (the answer may be wrong) and infos (it may surprise), each text
 * once, with the place in the query that it is about. Of several places Prometheus names the one that it came to
 * last: of two expressions the one around the other, else the one further to the right.
 */

import type { TextSpan } from '../../model/errors.ts';
import { MonotonicityNotes } from './histogram/monotonicity.ts';

interface Annotation {
  readonly text: string;
  readonly span: TextSpan | undefined;
  /** The expression that says it. */
  readonly by: TextSpan | undefined;
}

export class Annotations {
  readonly #warnings = new Map<string, Annotation>();
  readonly #infos = new Map<string, Annotation>();
  readonly monotonicity = new MonotonicityNotes();

  /** `by` is the expression that warns, where that is not the place that it points at. */
  warn(text: string, span?: TextSpan, by: TextSpan | undefined = span): void {
    tell(this.#warnings, { text, span, by });
  }

  info(text: string, span?: TextSpan, by: TextSpan | undefined = span): void {
    tell(this.#infos, { text, span, by });
  }

  /** Texts in final form, `prefix` before and ` (line:column)` of `query` behind. */
  warnings(prefix: string, query: string): string[] {
    return [...this.#warnings.values()].map((a) => render(prefix, a, query));
  }

  infos(prefix: string, query: string): string[] {
    return [...this.#infos.values(), ...this.monotonicity.texts()].map((a) => render(prefix, a, query));
  }
}

function tell(list: Map<string, Annotation>, annotation: Annotation): void {
  const known = list.get(annotation.text);
  if (known === undefined || comesAfter(annotation.by, known.by)) list.set(annotation.text, annotation);
}

function comesAfter(a: TextSpan | undefined, b: TextSpan | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  if (a.start <= b.start && a.end >= b.end) return true;
  return a.start > b.start && a.end > b.end;
}

function render(prefix: string, { text, span }: Pick<Annotation, 'text' | 'span'>, query: string): string {
  return span === undefined ? prefix + text : `${prefix}${text} (${lineAndColumn(query, span.start)})`;
}

/** `line:column` from 1, columns in bytes, of a byte offset. */
function lineAndColumn(query: string, offset: number): string {
  const before = Buffer.from(query, 'utf8').subarray(0, offset);
  let line = 1;
  let lineStart = 0;
  for (let i = 0; i < before.length; i++) {
    if (before[i] === 10) {
      line++;
      lineStart = i + 1;
    }
  }
  return `${line}:${offset - lineStart + 1}`;
}

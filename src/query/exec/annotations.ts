/**
 * What a query tells beside its answer: warnings (the answer may be wrong) and infos (it may surprise), each text
 * once, with the place in the query that it is about.
 */

import type { TextSpan } from '../../model/errors.ts';

interface Annotation {
  readonly text: string;
  readonly span: TextSpan | undefined;
}

export class Annotations {
  readonly #warnings = new Map<string, Annotation>();
  readonly #infos = new Map<string, Annotation>();

  warn(text: string, span?: TextSpan): void {
    this.#warnings.set(`${span?.start} ${text}`, { text, span });
  }

  info(text: string, span?: TextSpan): void {
    this.#infos.set(`${span?.start} ${text}`, { text, span });
  }

  /** Texts in final form, `prefix` before and ` (line:column)` of `query` behind. */
  warnings(prefix: string, query: string): string[] {
    return [...this.#warnings.values()].map((a) => render(prefix, a, query));
  }

  infos(prefix: string, query: string): string[] {
    return [...this.#infos.values()].map((a) => render(prefix, a, query));
  }
}

function render(prefix: string, { text, span }: Annotation, query: string): string {
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

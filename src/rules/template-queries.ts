/**
 * Queries in templates of alerts. A template runs through at once, a query does not: where it comes to one whose result is not
 * known yet it is broken off, the query is run, and the template begins anew. All elements and texts of an evaluation share
 * the results, which are those of one moment.
 */

import { TriliteError } from '../model/errors.ts';
import { histogramText } from '../model/float-histogram.ts';
import { type HistogramValue, TemplateError, TextMap, type Value } from '../model/template/value.ts';
import type { RuleVector } from './languages.ts';

/** Different queries that the texts of one element may come to: a loop that makes ever new ones ends. */
const QUERIES_MAX = 100;

/** Not the template's failure: it is to begin anew when the result is known. */
export class UnknownResult extends Error {
  readonly query: string;
  constructor(query: string) {
    super(`the result of ${query} is not known yet`);
    this.query = query;
  }
}

export class TemplateQueries {
  readonly #run: (query: string) => Promise<RuleVector>;
  readonly #known = new Map<string, readonly Value[] | TemplateError>();

  /** `run` evaluates at the moment of the evaluation. */
  constructor(run: (query: string) => Promise<RuleVector>) {
    this.#run = run;
  }

  /** For the template that `expand` runs. Throws `TemplateError` where the query fails. */
  readonly result = (query: string): readonly Value[] => {
    const known = this.#known.get(query);
    if (known === undefined) throw new UnknownResult(query);
    if (known instanceof TemplateError) throw known;
    return known;
  };

  /** What `attempt` makes, as soon as all the results that it asks for are known. */
  async expand<T>(attempt: () => T): Promise<T> {
    for (let runs = 0; ; runs++) {
      try {
        return attempt();
      } catch (error) {
        if (!(error instanceof UnknownResult)) throw error;
        const { query } = error;
        this.#known.set(query, runs < QUERIES_MAX ? await this.#evaluate(query) : tooMany());
      }
    }
  }

  async #evaluate(query: string): Promise<readonly Value[] | TemplateError> {
    try {
      return samplesOf(await this.#run(query));
    } catch (error) {
      const isFailure =
        error instanceof TriliteError && error.kind !== 'canceled' && error.kind !== 'timeout';
      if (!isFailure) throw error;
      return new TemplateError(error.message);
    }
  }
}

function tooMany(): TemplateError {
  return new TemplateError(`more than ${QUERIES_MAX} queries in the templates of one alert`);
}

/** What templates have for the value of element `i`. */
export function elementValue({ values, histograms }: RuleVector, i: number): number | HistogramValue {
  const histogram = histograms?.[i];
  return histogram ? { kind: 'histogram', text: histogramText(histogram) } : values[i]!;
}

/** Each with `Labels` and `Value`. */
function samplesOf(vector: RuleVector): Value[] {
  return vector.labels.map((own, i) => {
    return new Map<string, Value>([
      ['Labels', new TextMap(Object.entries(own.toObject()))],
      ['Value', elementValue(vector, i)],
    ]);
  });
}

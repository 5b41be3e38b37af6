/** Differences that are meant, one narrow rule each. `docs/compat/jaeger.md` names them with their reasons. */

import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';

export interface Outcome {
  readonly request: Request;
  readonly want: Answer;
  readonly got: Answer;
}

const RULES: Readonly<Record<string, (outcome: Outcome) => boolean>> = {
  // A bound that the client can mend is no fault of the server.
  'a limit out of bounds is 400': ({ want, got }) =>
    want.status === 500 &&
    got.status === 400 &&
    [want, got].every((a) => text(a).includes('search depth must be greater')),
  'an end before the start is 400': ({ want, got }) =>
    want.status === 500 &&
    got.status === 400 &&
    [want, got].every((a) => text(a).includes('end time must be greater')),
  // Its releases want one; later it depends on the storage.
  'a search without service is refused': ({ want, got }) =>
    !text(want).includes(REQUIRED) && text(got).includes(REQUIRED),
  // Jaeger 2.20 means the status OK by it; from the release after that, it is whatever is no error.
  'error=false': ({ request }) =>
    /error"?:"?(false|0|F)\b/.test(JSON.stringify(request.params).replaceAll('\\', '')),
};

const REQUIRED = "parameter 'service' is required";

function text({ body }: Answer): string {
  return JSON.stringify(body);
}

/** The name of the rule that explains the difference; undefined where none does. */
export function explanationOf(outcome: Outcome): string | undefined {
  return Object.keys(RULES).find((name) => RULES[name]!(outcome));
}

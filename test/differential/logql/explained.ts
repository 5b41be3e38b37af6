/** Differences that are no fault of Trilite's, each with its reason; docs/compat/loki.md tells of them. A rule is as narrow as it can be. */

import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';

export interface Outcome {
  readonly request: Request;
  readonly want: Answer;
  readonly got: Answer;
  readonly lines: readonly string[];
}

interface Explanation {
  readonly name: string;
  applies(outcome: Outcome): boolean;
}

const EXPLANATIONS: readonly Explanation[] = [];

export function explanationOf(outcome: Outcome): string | undefined {
  return EXPLANATIONS.find((explanation) => explanation.applies(outcome))?.name;
}

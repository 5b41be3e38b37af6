/** What stands between a template and its output, where not everything is put out as it comes. */

import type { Value } from './value.ts';

/** Is given the pieces in their order, and answers with what is to be written for each. */
export interface Writing {
  /** Of the template's own. */
  text(text: string): string;
  /** What an action came to; `endsIn` is the function that its pipeline ends with. Throws `TemplateError`. */
  value(value: Value, endsIn: string | undefined): string;
}

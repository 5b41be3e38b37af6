/** A compiled template of `line_format` or `label_format`. */

import { Evaluation } from '../../model/template/eval.ts';
import { functionNames, templateFunctions } from '../../model/template/functions.ts';
import { type ParsedTemplate, parseTemplate } from '../../model/template/parse.ts';
import { LINE_FUNCTIONS, type LineContext } from './template-functions.ts';

const FUNCTIONS = templateFunctions(LINE_FUNCTIONS);
/** What LogQL's templates may call. */
export const FUNCTION_NAMES = functionNames(FUNCTIONS);

export interface TemplateInput extends LineContext {
  readonly labels: ReadonlyMap<string, string>;
}

export interface Template {
  /** Set where the template is a single `{{.name}}`: the label's value is the text. */
  readonly field: string | undefined;
  /** Throws `TemplateError`. */
  execute(input: TemplateInput): string;
}

function singleField(parsed: ParsedTemplate): string | undefined {
  const only = parsed.nodes.length === 1 ? parsed.nodes[0]! : undefined;
  if (only?.kind !== 'action' || only.pipeline.variables.length > 0) return undefined;
  const operands = only.pipeline.commands.length === 1 ? only.pipeline.commands[0]! : [];
  const operand = operands.length === 1 ? operands[0]! : undefined;
  return operand?.kind === 'field' && operand.path.length === 1 ? operand.path[0] : undefined;
}

/** Throws `TemplateError`; `label` names the template in messages. */
export function compileTemplate(source: string, label: string): Template {
  const parsed = parseTemplate(source, label, FUNCTION_NAMES);
  return {
    field: singleField(parsed),
    execute: (input) =>
      new Evaluation(parsed, FUNCTIONS, input, input.labels, input.labels).run(input.labels),
  };
}

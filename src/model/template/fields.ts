/**
 * Which labels a template names: fields of its own actions and branches, however deep in pipelines. Those behind a variable, in
 * a definition or in the argument of one do not count, as they do not in the original.
 */

import { type Node, type Operand, type Pipeline, parseTemplate } from './parse.ts';
import { TemplateError } from './value.ts';

/** Each name as often as it is there; nothing for a template that does not parse with the functions of these names. */
export function templateFields(source: string, functions: ReadonlySet<string>): string[] {
  const out: string[] = [];
  try {
    eachField(parseTemplate(source, '', functions).nodes, out);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
  }
  return out;
}

function eachField(nodes: readonly Node[], out: string[]): void {
  for (const node of nodes) {
    if (!('pipeline' in node) || node.pipeline === undefined || node.kind === 'template') continue;
    pipelineFields(node.pipeline, out);
    if (node.kind === 'action') continue;
    eachField(node.body, out);
    eachField(node.orElse, out);
  }
}

function pipelineFields(pipeline: Pipeline, out: string[]): void {
  for (const command of pipeline.commands) for (const operand of command) operandFields(operand, out);
}

function operandFields(operand: Operand, out: string[]): void {
  if (operand.kind === 'field') out.push(...operand.path);
  // With a field behind it, a pipeline in parentheses is a chain, which is not looked into.
  else if (operand.kind === 'pipeline' && operand.path.length === 0) pipelineFields(operand.pipeline, out);
}

/** `| line_format`, `| label_format` and `| decolorize`: rewriting the line and its labels. */

import { stripAnsi } from '../../../model/ansi.ts';
import { TemplateError } from '../../../model/template/value.ts';
import type { LabelFormatItem } from '../../lang/logql/ast.ts';
import { printStage } from '../../lang/logql/printer.ts';
import { ERROR_DETAILS_LABEL, ERROR_LABEL, type LineState } from '../line-state.ts';
import { compileTemplate, type Template } from '../template.ts';
import { type StageFn, stageError } from './stage.ts';

export const TEMPLATE_ERROR = 'TemplateFormatErr';

/** All labels as a template sees them. */
function labelMap(state: LineState): Map<string, string> {
  const map = new Map<string, string>();
  for (let i = 0; i < state.count; i++) if (state.names[i] !== '') map.set(state.names[i]!, state.valueAt(i));
  if (state.error !== '') map.set(ERROR_LABEL, state.error);
  if (state.errorDetails !== '') map.set(ERROR_DETAILS_LABEL, state.errorDetails);
  return map;
}

/** The text, or undefined with the error noted in the state. */
function execute(
  template: Template,
  state: LineState,
  labels: () => Map<string, string>,
): string | undefined {
  if (template.field !== undefined) {
    // Error labels are no labels to a plain field.
    const i = state.indexOf(template.field);
    return i < 0 ? '' : state.valueAt(i);
  }
  try {
    return template.execute({
      labels: labels(),
      line: () => state.text(),
      timestampMs: state.timestampMs,
      timestampNs: state.timestampNs,
    });
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    state.setError(TEMPLATE_ERROR, error.message);
    return undefined;
  }
}

export function compileLineFormat(source: string): StageFn {
  let template: Template;
  try {
    template = compileTemplate(source, 'line');
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    const stage = printStage({ kind: 'line-format', template: source });
    throw stageError(stage, `invalid line template: ${error.message}`);
  }
  return (state) => {
    const text = execute(template, state, () => labelMap(state));
    if (text !== undefined) state.setText(text);
    return true;
  };
}

type CompiledItem =
  | { readonly name: string; readonly from: string }
  | { readonly name: string; readonly template: Template };

export function compileLabelFormat(items: readonly LabelFormatItem[]): StageFn {
  const stage = printStage({ kind: 'label-format', items });
  const names = new Set<string>();
  for (const { name } of items) {
    if (name === ERROR_LABEL) throw stageError(stage, `${ERROR_LABEL} cannot be formatted`);
    if (names.has(name)) {
      throw stageError(stage, `multiple label name '${name}' not allowed in a single format operation`);
    }
    names.add(name);
  }
  const compiled = items.map((item): CompiledItem => {
    if (item.form === 'rename') return { name: item.name, from: item.text };
    try {
      return { name: item.name, template: compileTemplate(item.text, 'label') };
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      throw stageError(stage, `invalid template for label '${item.name}': ${error.message}`);
    }
  });
  return (state) => {
    // Templates of one stage see the labels as they were at the first of them.
    let snapshot: Map<string, string> | undefined;
    for (const item of compiled) {
      if ('from' in item) {
        const i = state.indexOf(item.from);
        if (i < 0) continue;
        // In this order: a label renamed to itself is gone.
        state.set(item.name, state.valueAt(i));
        state.remove(item.from);
        continue;
      }
      const labels = (snapshot ??= labelMap(state));
      const value =
        item.template.field !== undefined
          ? (labels.get(item.template.field) ?? '')
          : execute(item.template, state, () => labels);
      if (value !== undefined) state.set(item.name, value);
    }
    return true;
  };
}

export function compileDecolorize(): StageFn {
  return (state) => {
    const text = state.text();
    const plain = stripAnsi(text);
    if (plain !== text) state.setText(plain);
    return true;
  };
}

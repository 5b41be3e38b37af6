/**
 * Templates in labels and annotations of alerts: Go's text/template with Prometheus' variables (`$labels`, `$value`,
 * `$externalLabels`, `$externalURL`, and the same behind the dot) and functions (`alert-functions.ts`).
 */

import type { Labels } from '../model/labels.ts';
import { Evaluation } from '../model/template/eval.ts';
import { functionNames } from '../model/template/functions.ts';
import { COMPARE_FUNCTIONS } from '../model/template/functions-builtin.ts';
import { type ParsedTemplate, parseTemplate } from '../model/template/parse.ts';
import type { TemplateFunction } from '../model/template/template-function.ts';
import { type HistogramValue, TextMap, type Value } from '../model/template/value.ts';
import { ALERT_FUNCTIONS, type AlertContext } from './alert-functions.ts';
import { UnknownResult } from './template-queries.ts';

/** What a template may look at. */
export interface AlertData {
  readonly labels: Labels;
  readonly value: number | HistogramValue;
  readonly externalLabels: ReadonlyMap<string, string>;
}

/** Without sprig's, which the original does not have here. */
const FUNCTIONS: ReadonlyMap<string, TemplateFunction<AlertContext>> = new Map(
  Object.entries({ ...COMPARE_FUNCTIONS, ...ALERT_FUNCTIONS }),
);
const FUNCTION_NAMES = functionNames(FUNCTIONS);
const VARIABLES =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

function labelOf(alert: string): string {
  return `__alert_${alert}`;
}

/** Throws `TemplateError`. */
export function parseAlertTemplate(text: string, alert: string): ParsedTemplate {
  return parseTemplate(VARIABLES + text, labelOf(alert), FUNCTION_NAMES);
}

/** Expands a text for one element of a result. */
export type AlertText = (data: AlertData, context: AlertContext) => string;

/** A text of an alert, ready to be expanded for each of its elements. A failure is told in the expanded text. */
export function compileAlertText(text: string, alert: string): AlertText {
  // Mostly there is nothing to expand.
  if (!text.includes('{{')) return () => text;
  const parsed = parseAlertTemplate(text, alert);
  return (data, context) => {
    const dot = dotOf(data, context);
    const evaluation = new Evaluation(parsed, FUNCTIONS, context, dot);
    try {
      return evaluation.run(dot);
    } catch (error) {
      if (error instanceof UnknownResult) throw error;
      const why = evaluation.explain(error as Error, labelOf(alert));
      return `<error expanding template: error executing template ${labelOf(alert)}: ${why}>`;
    }
  };
}

function dotOf({ labels, value, externalLabels }: AlertData, { externalUrl }: AlertContext): Value {
  return new Map<string, Value>([
    ['Labels', new TextMap(Object.entries(labels.toObject()))],
    ['ExternalLabels', externalLabels],
    ['ExternalURL', externalUrl],
    ['Value', value],
  ]);
}

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
import type { Value } from '../model/template/value.ts';
import { ALERT_FUNCTIONS } from './alert-functions.ts';

/** What a template may look at. */
export interface AlertData {
  readonly labels: Labels;
  readonly value: number;
  readonly externalLabels: Readonly<Record<string, string>>;
}

/** Without sprig's, which the original does not have here. */
const FUNCTIONS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({ ...COMPARE_FUNCTIONS, ...ALERT_FUNCTIONS }),
);
const FUNCTION_NAMES = functionNames(FUNCTIONS);
const VARIABLES =
  '{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}';

/** Throws `TemplateError`. */
export function parseAlertTemplate(text: string, alert: string): ParsedTemplate {
  return parseTemplate(VARIABLES + text, `__alert_${alert}`, FUNCTION_NAMES);
}

/** A text of an alert, ready to be expanded for each of its elements. A failure is told in the expanded text. */
export function compileAlertText(text: string, alert: string): (data: AlertData) => string {
  // Mostly there is nothing to expand.
  if (!text.includes('{{')) return () => text;
  const parsed = parseAlertTemplate(text, alert);
  return (data) => {
    try {
      return expand(parsed, data);
    } catch (error) {
      return `<error expanding template: error executing template __alert_${alert}: ${(error as Error).message}>`;
    }
  };
}

function expand(parsed: ParsedTemplate, { labels, value, externalLabels }: AlertData): string {
  const own = new Map(Object.entries(labels.toObject()));
  const dot: Value = new Map<string, Value>([
    ['Labels', own],
    ['ExternalLabels', new Map(Object.entries(externalLabels))],
    ['ExternalURL', ''],
    ['Value', value],
  ]);
  return new Evaluation(parsed, FUNCTIONS, undefined, dot, own).run(dot);
}

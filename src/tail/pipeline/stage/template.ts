/** `template` and `replace`: Go templates over the extracted values. */

import { createHash } from 'node:crypto';
import { type CaptureRegex, compileCapture } from '../../../model/regex.ts';
import { type FunctionTable, fn, str } from '../../../model/template/arguments.ts';
import { Evaluation } from '../../../model/template/eval.ts';
import { functionNames, templateFunctions } from '../../../model/template/functions.ts';
import { parseTemplate } from '../../../model/template/parse.ts';
import { TemplateError } from '../../../model/template/value.ts';
import type { ReplaceStageConfig, TemplateStageConfig } from '../stage-config.ts';
import { extractedTexts, inputOf } from './extracted.ts';
import type { EntryStep } from './stage.ts';

function hash(algorithm: string): (salt: string, text: string) => string {
  return (salt, text) =>
    createHash(algorithm)
      .update(salt + text)
      .digest('hex');
}
const sha3 = hash('sha3-256');
const sha2 = hash('sha256');

const PIPELINE_FUNCTIONS: FunctionTable = {
  Hash: fn(2, ([salt, text]) => sha3(str(salt), str(text))),
  Sha2Hash: fn(2, ([salt, text]) => sha2(str(salt), str(text))),
};
const FUNCTIONS = templateFunctions(PIPELINE_FUNCTIONS);
const NAMES = functionNames(FUNCTIONS);

/** Undefined where the template fails on these values. */
type Run = (values: ReadonlyMap<string, string>) => string | undefined;

/** A name that is not there is no value. Throws `TemplateError`. */
function compileTemplate(source: string): Run {
  const parsed = parseTemplate(source, 'pipeline_template', NAMES);
  return (values) => {
    try {
      return new Evaluation(parsed, FUNCTIONS, undefined, values).run(values);
    } catch (error) {
      if (error instanceof TemplateError || error instanceof RangeError) return undefined;
      throw error;
    }
  };
}

/** Throws `TemplateError` where the template does not parse. */
export function checkTemplate(source: string): void {
  parseTemplate(source, 'pipeline_template', NAMES);
}

/** The value of `source` becomes what the template says; nothing at all removes it. */
export function compileTemplateStage({ source, template }: TemplateStageConfig): EntryStep {
  const run = compileTemplate(template);
  return (entry) => {
    const values = extractedTexts(entry);
    const value = values.get(source);
    if (value !== undefined) values.set('Value', value);
    values.set('Entry', entry.line);
    const text = run(values);
    if (text === '') entry.extracted.delete(source);
    else if (text !== undefined) entry.extracted.set(source, text);
    return true;
  };
}

/**
 * Every group of every match is replaced by what the template makes of it (`.Value`); a group within one that was
 * replaced already is not. Named groups of the first match are extracted, replaced.
 */
export function compileReplace({ expression, source, replace }: ReplaceStageConfig): EntryStep {
  const regex = compileCapture(expression, 'search');
  const run = compileTemplate(replace);
  return (entry) => {
    const text = inputOf(entry, source);
    const first = text === undefined ? undefined : regex.exec(text);
    if (text === undefined || !first) return true;
    const replaced = replaceGroups(regex, text, run, extractedTexts(entry));
    if (!replaced) return true;
    if (source === undefined) entry.line = replaced.text;
    else entry.extracted.set(source, replaced.text);
    regex.groupNames.forEach((name, i) => {
      const by = replaced.replacements.get(first[i + 1]!);
      if (name !== '' && by !== undefined) entry.extracted.set(name, by);
    });
    return true;
  };
}

interface Replaced {
  readonly text: string;
  /** By what was captured. */
  readonly replacements: ReadonlyMap<string, string>;
}

/** Undefined where the template fails. */
function replaceGroups(
  { groupSpans }: CaptureRegex,
  text: string,
  run: Run,
  values: Map<string, string>,
): Replaced | undefined {
  const replacements = new Map<string, string>();
  let out = '';
  let from = 0;
  for (const spans of groupSpans(text)) {
    for (let i = 0; i < spans.length; i += 2) {
      const start = spans[i]!;
      if (start < 0) continue;
      const captured = text.slice(start, spans[i + 1]);
      values.set('Value', captured);
      const by = run(values);
      if (by === undefined) return undefined;
      replacements.set(captured, by);
      if (start < from) continue;
      out += text.slice(from, start) + by;
      from = spans[i + 1]!;
    }
  }
  return { text: out + text.slice(from), replacements };
}

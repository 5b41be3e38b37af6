/**
 * Label filters. String matchers see a missing label as ''. The typed ones drop a line without the label and keep
 * one whose value does not parse, marked with an error unless it has one.
 */

import { unreachable } from '../../../base/assert.ts';
import { goDurationNs } from '../../../model/duration.ts';
import { parseGoFloat } from '../../../model/go-float.ts';
import type { Matcher } from '../../../model/matcher.ts';
import { compileSearch } from '../../../model/regex.ts';
import { expandLiterals, infixPattern } from '../../../model/regex-literals.ts';
import type { CompareOp, LabelFilter } from '../../lang/logql/ast.ts';
import { printLabelFilter } from '../../lang/logql/printer.ts';
import { parseBytes } from '../../lang/logql/units.ts';
import type { LineState } from '../line-state.ts';
import { bytesFault, durationFault, floatFault } from '../value-faults.ts';
import { IpMatcher } from './ip.ts';
import { type StageFn, stageError } from './stage.ts';

export const LABEL_FILTER_ERROR = 'LabelFilterErr';

/**
 * `lenient`: a malformed IP pattern matches nothing instead of being refused, as one inside `and` or `or` or behind an unwrap does.
 * Throws `TriliteError` (`bad_data`).
 */
export function compileLabelFilter(filter: LabelFilter, patterns: 'strict' | 'lenient' = 'strict'): StageFn {
  switch (filter.kind) {
    case 'and': {
      const left = compileLabelFilter(filter.left, 'lenient');
      const right = compileLabelFilter(filter.right, 'lenient');
      return (s) => left(s) && right(s);
    }
    case 'or': {
      const left = compileLabelFilter(filter.left, 'lenient');
      const right = compileLabelFilter(filter.right, 'lenient');
      return (s) => left(s) || right(s);
    }
    case 'match': {
      const { name } = filter.matcher;
      const test = compileMatch(filter.matcher);
      return (s) => test(s.get(name));
    }
    case 'ip':
      return compileIpFilter(filter, patterns);
    case 'number':
      return compileCompare(filter.name, filter.op, filter.value, parseGoFloat, floatFault);
    case 'duration':
      return compileCompare(filter.name, filter.op, filter.valueNs, goDurationNs, durationFault);
    case 'bytes':
      return compileCompare(filter.name, filter.op, filter.valueBytes, parseBytes, bytesFault);
    default:
      return unreachable(filter, 'label filter');
  }
}

/** Unlike in a selector, `.` does not match a newline, but where the original simplifies the pattern. */
function compileMatch(matcher: Matcher): (value: string) => boolean {
  const { type, value: pattern } = matcher;
  const isRegex = type === '=~' || type === '!~';
  if (!isRegex || !pattern.includes('.') || expandLiterals(pattern) || infixPattern(pattern)) {
    return (value) => matcher.matches(value);
  }
  const { test } = compileSearch(`^(?:${pattern})$`);
  return (value) => (value.includes('\n') ? test(value) === (type === '=~') : matcher.matches(value));
}

function compileIpFilter(
  filter: Extract<LabelFilter, { kind: 'ip' }>,
  patterns: 'strict' | 'lenient',
): StageFn {
  const matcher = IpMatcher.parse(filter.pattern);
  if (!matcher && patterns === 'strict') {
    const cause = `ip: invalid pattern: ${JSON.stringify(filter.pattern)}`;
    throw stageError(`| ${printLabelFilter(filter)}`, cause);
  }
  const positive = filter.op === '=';
  return (s) => {
    if (s.error !== '') return true;
    const i = s.indexOf(filter.name);
    return i >= 0 && matcher !== undefined && matcher.matchesLine(s.valueAt(i)) === positive;
  };
}

function compileCompare(
  name: string,
  op: CompareOp,
  bound: number,
  parse: (value: string) => number | undefined,
  explain: (value: string) => string,
): StageFn {
  const compare = COMPARE[op];
  const isNumber = parse === parseGoFloat;
  return (s: LineState) => {
    const i = s.indexOf(name);
    if (i < 0) return false;
    const value = (isNumber ? s.decimalAt(i) : undefined) ?? parse(s.valueAt(i));
    if (value === undefined) {
      if (s.error === '') s.setError(LABEL_FILTER_ERROR, explain(s.valueAt(i)));
      return true;
    }
    return compare(value, bound);
  };
}

const COMPARE: Readonly<Record<CompareOp, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
};

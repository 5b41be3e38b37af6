/**
 * Label filters. String matchers see a missing label as ''. The typed ones drop a line without the label and keep
 * one whose value does not parse, marked with an error unless it has one.
 */

import { unreachable } from '../../../base/assert.ts';
import { goDurationNs } from '../../../model/duration.ts';
import { parseGoFloat } from '../../../model/go-float.ts';
import type { CompareOp, LabelFilter } from '../../lang/logql/ast.ts';
import { printLabelFilter } from '../../lang/logql/printer.ts';
import { parseBytes } from '../../lang/logql/units.ts';
import type { LineState } from '../line-state.ts';
import { IpMatcher } from './ip.ts';
import { type StageFn, stageError } from './stage.ts';

export const LABEL_FILTER_ERROR = 'LabelFilterErr';

export function compileLabelFilter(filter: LabelFilter): StageFn {
  switch (filter.kind) {
    case 'and': {
      const left = compileLabelFilter(filter.left);
      const right = compileLabelFilter(filter.right);
      return (s) => left(s) && right(s);
    }
    case 'or': {
      const left = compileLabelFilter(filter.left);
      const right = compileLabelFilter(filter.right);
      return (s) => left(s) || right(s);
    }
    case 'match': {
      const { matcher } = filter;
      return (s) => matcher.matches(s.get(matcher.name));
    }
    case 'ip':
      return compileIpFilter(filter);
    case 'number':
      return compileCompare(filter.name, filter.op, filter.value, parseGoFloat, (v) => {
        return `strconv.ParseFloat: parsing ${JSON.stringify(v)}: invalid syntax`;
      });
    case 'duration':
      return compileCompare(filter.name, filter.op, filter.valueNs, goDurationNs, (v) => {
        const missingUnit = /^[+-]?[0-9.]+$/.test(v);
        return `time: ${missingUnit ? 'missing unit in' : 'invalid'} duration ${JSON.stringify(v)}`;
      });
    case 'bytes':
      return compileCompare(filter.name, filter.op, filter.valueBytes, parseBytes, (v) => {
        return `strconv.ParseFloat: parsing ${JSON.stringify(v)}: invalid syntax`;
      });
    default:
      return unreachable(filter, 'label filter');
  }
}

function compileIpFilter(filter: Extract<LabelFilter, { kind: 'ip' }>): StageFn {
  const matcher = IpMatcher.parse(filter.pattern);
  if (!matcher) {
    const cause = `ip: invalid pattern: ${JSON.stringify(filter.pattern)}`;
    throw stageError(`| ${printLabelFilter(filter)}`, cause);
  }
  const positive = filter.op === '=';
  return (s) => {
    if (s.error !== '') return true;
    const i = s.indexOf(filter.name);
    return i >= 0 && matcher.matchesLine(s.values[i]!) === positive;
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
  return (s: LineState) => {
    const i = s.indexOf(name);
    if (i < 0) return false;
    const value = parse(s.values[i]!);
    if (value === undefined) {
      if (s.error === '') s.setError(LABEL_FILTER_ERROR, explain(s.values[i]!));
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

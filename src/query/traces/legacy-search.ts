/**
 * Search by tags, as it was before TraceQL: `tags` is a list of `key=value` in logfmt, each of which some span of
 * the trace must have, beside bounds on the trace's duration. It becomes a TraceQL pipeline that says the same.
 */

import { TriliteError } from '../../model/errors.ts';
import { unquote } from '../../model/go-string.ts';
import type {
  FieldExpression,
  IntrinsicName,
  Literal,
  Pipeline,
  SpansetExpression,
} from '../lang/traceql/ast.ts';
import { STATUS_WORDS } from '../lang/traceql/tokens.ts';

/** `k=v k2="a b"`; a key without value has an empty one. Throws `bad_data` for a key that stands twice. */
export function parseTags(text: string): Map<string, string> {
  const out = new Map<string, string>();
  const pair = /\s*([^\s="]+)(?:=(?:"((?:\\.|[^"\\])*)"|([^\s"]*)))?(?=\s|$)/y;
  while (text.slice(pair.lastIndex).trim() !== '') {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    if (!match) throw new TriliteError('bad_data', `invalid tags: malformed logfmt at position ${at + 1}`);
    const [, key, quoted, plain] = match;
    if (out.has(key!)) throw new TriliteError('bad_data', `invalid tags: tag ${key} has been set twice`);
    out.set(key!, quoted === undefined ? (plain ?? '') : unquote(`"${quoted}"`));
  }
  return out;
}

const TRUE: Literal = { kind: 'literal', type: 'bool', value: true, at: 0 };

export function legacyPipeline(
  tags: ReadonlyMap<string, string>,
  minDurationNs: number | undefined,
  maxDurationNs: number | undefined,
): Pipeline {
  const conditions: FieldExpression[] = [];
  for (const [key, value] of tags) conditions.push(tagCondition(key, value));
  const bound = (op: '>=' | '<=', value: number | undefined) => {
    if (value === undefined) return;
    const right: Literal = { kind: 'literal', type: 'duration', value, at: 0 };
    conditions.push({ kind: 'binary', op, left: intrinsic('traceDuration'), right, at: 0 });
  };
  bound('>=', minDurationNs);
  bound('<=', maxDurationNs);
  const filters = (conditions.length > 0 ? conditions : [TRUE]).map(
    (expression): SpansetExpression => ({ kind: 'filter', expression, at: 0 }),
  );
  return {
    stages: [filters.reduce((left, right) => ({ kind: 'spanset-binary', op: '&&', left, right, at: 0 }))],
  };
}

function intrinsic(name: IntrinsicName): FieldExpression {
  return { kind: 'intrinsic', name, at: 0 };
}

function tagCondition(key: string, value: string): FieldExpression {
  switch (key) {
    case 'service.name':
    case 'root.service.name':
    case 'name':
    case 'root.name':
      return contains(SUBSTRING_KEYS[key]!, value);
    case 'status.code':
      return word('status', value, STATUS_WORDS);
    default:
      return anywhere(key, value);
  }
}

const SUBSTRING_KEYS: Readonly<Record<string, FieldExpression>> = {
  'service.name': { kind: 'attribute', scope: 'resource', name: 'service.name', at: 0 },
  'root.service.name': intrinsic('rootServiceName'),
  name: intrinsic('name'),
  'root.name': intrinsic('rootName'),
};

function contains(left: FieldExpression, value: string): FieldExpression {
  const pattern = `.*${value.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&')}.*`;
  return {
    kind: 'binary',
    op: '=~',
    left,
    right: { kind: 'literal', type: 'string', value: pattern, at: 0 },
    at: 0,
  };
}

function word(name: 'status' | 'kind', value: string, words: readonly string[]): FieldExpression {
  if (!words.includes(value)) return { kind: 'literal', type: 'bool', value: false, at: 0 };
  const right = { kind: 'literal', type: name, value, at: 0 } as Literal;
  return { kind: 'binary', op: '=', left: intrinsic(name), right, at: 0 };
}

/** On the span or on its resource, as a string. */
function anywhere(name: string, value: string): FieldExpression {
  const equals = (scope: 'span' | 'resource'): FieldExpression => ({
    kind: 'binary',
    op: '=',
    left: { kind: 'attribute', scope, name, at: 0 },
    right: { kind: 'literal', type: 'string', value, at: 0 },
    at: 0,
  });
  return { kind: 'binary', op: '||', left: equals('span'), right: equals('resource'), at: 0 };
}

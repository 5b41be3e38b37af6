/**
 * The form beside the query: a few fields that are one TraceQL filter. Fields are written as TraceQL, and TraceQL that is no
 * more than such a filter is read back into fields, so that both stay in step; what says more is not read.
 *
 *   { resource.service.name = "shop" && name = "GET /" && status = error && duration > 100ms && .http.status_code = 500 }
 *
 * Attributes are typed as `key=value key>5 key="a b" key=a|b`: without a scope they are looked for in span and resource, numbers
 * and truth values are such unless they are quoted, several values are alternatives.
 */

import { durationText } from './duration-text.ts';

export interface SearchFields {
  readonly service: string;
  readonly name: string;
  readonly status: string;
  /** Durations as they are typed. */
  readonly min: string;
  readonly max: string;
  readonly attributes: string;
}

export const NO_FIELDS: SearchFields = {
  service: '',
  name: '',
  status: '',
  min: '',
  max: '',
  attributes: '',
};
export const STATUSES: readonly string[] = ['error', 'ok', 'unset'];

const SCOPED = /^(?:span|resource|event|link|instrumentation)\.|^\.|:/;
const TYPED = /^([^\s=!<>~]+)(=~|!~|!=|>=|<=|=|>|<)((?:"(?:[^"\\]|\\.)*"|[^\s"])+)$/;

/** TraceQL of the fields. Fields that cannot be read are left out: `fieldFault` tells of them. */
export function fieldsQuery(fields: SearchFields): string {
  const conditions: string[] = [];
  if (fields.service) conditions.push(`resource.service.name = ${JSON.stringify(fields.service)}`);
  if (fields.name) conditions.push(`name = ${JSON.stringify(fields.name)}`);
  if (STATUSES.includes(fields.status)) conditions.push(`status = ${fields.status}`);
  const [min, max] = [durationText(fields.min), durationText(fields.max)];
  if (min) conditions.push(`duration >= ${min}`);
  if (max) conditions.push(`duration <= ${max}`);
  for (const typed of words(fields.attributes)) {
    const match = TYPED.exec(typed);
    if (match) conditions.push(attributeCondition(match[1]!, match[2]!, alternatives(match[3]!, match[2]!)));
  }
  return conditions.length === 0 ? '{}' : `{ ${conditions.join(' && ')} }`;
}

/** What is wrong with a field, in words; undefined where all can be read. */
export function fieldFault({ min, max, attributes }: SearchFields): string | undefined {
  for (const text of [min, max])
    if (text.trim() !== '' && durationText(text) === undefined)
      return `${JSON.stringify(text)} is no duration: 250ms, 1.5s, 2m`;
  const wrong = words(attributes).find((typed) => !TYPED.test(typed));
  return wrong && `${JSON.stringify(wrong)} is no condition: key=value, key>5, key=~"a.*"`;
}

/** One condition; values are TraceQL's, several are alternatives. */
export function attributeCondition(key: string, operator: string, values: readonly string[]): string {
  const attribute = SCOPED.test(key) ? key : `.${quotedKey(key)}`;
  const all = values.map((value) => `${attribute} ${operator} ${value}`);
  return all.length === 1 ? all[0]! : `(${all.join(' || ')})`;
}

/** Names with signs in them have to be in quotes. */
function quotedKey(key: string): string {
  return /^[^\s{}()=~!<>&|^,"]+$/.test(key) ? key : JSON.stringify(key);
}

/** A value as TraceQL has it: numbers and truth values as they are, anything else in quotes. */
export function valueLiteral(text: string): string {
  if (/^"(?:[^"\\]|\\.)*"$/.test(text)) return text;
  return /^(?:-?\d+(?:\.\d+)?|true|false)$/.test(text) ? text : JSON.stringify(text);
}

function alternatives(text: string, operator: string): readonly string[] {
  // A pattern's own alternatives stay in it.
  if (operator === '=~' || operator === '!~') return [/^"/.test(text) ? text : JSON.stringify(text)];
  return (text.match(/"(?:[^"\\]|\\.)*"|[^|"]+/g) ?? []).map(valueLiteral);
}

/** Apart at spaces that are in no quotes. */
function words(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g) ?? [];
}

const TOKEN =
  /\s*(?:("(?:[^"\\]|\\.)*")|(&&|\|\||=~|!~|!=|>=|<=|[=><(){}])|((?:"(?:[^"\\]|\\.)*"|[^\s{}()=~!<>&|^,"])+))/y;

function tokensOf(text: string): string[] | undefined {
  const tokens: string[] = [];
  const rest = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < rest.length) {
    const match = TOKEN.exec(rest);
    if (!match) return undefined;
    tokens.push(match[1] ?? match[2] ?? match[3]!);
  }
  return tokens;
}

/** The fields that a query is; undefined where it says more than they can. */
export function queryFields(query: string): SearchFields | undefined {
  if (query.trim() === '') return NO_FIELDS;
  const tokens = tokensOf(query);
  if (tokens?.[0] !== '{' || tokens.at(-1) !== '}') return undefined;
  const inner = tokens.slice(1, -1);
  if (inner.length === 0) return NO_FIELDS;
  const fields = { ...NO_FIELDS };
  const attributes: string[] = [];
  for (let at = 0; at < inner.length; ) {
    const taken = takeCondition(inner, at);
    if (!taken) return undefined;
    if (!intoFields(taken, fields, attributes)) return undefined;
    at = taken.next;
    if (at < inner.length && inner[at++] !== '&&') return undefined;
    if (at === inner.length && inner.at(-1) === '&&') return undefined;
  }
  return { ...fields, attributes: attributes.join(' ') };
}

interface Condition {
  readonly key: string;
  readonly operator: string;
  readonly values: readonly string[];
  readonly next: number;
}

const OPERATOR = /^(?:=~|!~|!=|>=|<=|=|>|<)$/;

function takeCondition(tokens: readonly string[], at: number): Condition | undefined {
  const isGroup = tokens[at] === '(';
  const values: string[] = [];
  let next = isGroup ? at + 1 : at;
  const [key, operator] = [tokens[next], tokens[next + 1]];
  if (key === undefined || operator === undefined || !OPERATOR.test(operator)) return undefined;
  for (;;) {
    const value = tokens[next + 2];
    if (tokens[next] !== key || tokens[next + 1] !== operator || !isLiteral(value)) return undefined;
    values.push(value);
    next += 3;
    if (!isGroup) break;
    const between = tokens[next++];
    if (between === ')') break;
    if (between !== '||') return undefined;
  }
  return { key, operator, values, next };
}

function isLiteral(token: string | undefined): token is string {
  return token !== undefined && /^(?:"[\s\S]*"|[\w.+-]+(?:µs)?)$/.test(token);
}

/** False where the condition is none of a field's, or the field has one already. */
function intoFields(
  { key, operator, values }: Condition,
  fields: { -readonly [K in keyof SearchFields]: SearchFields[K] },
  attributes: string[],
): boolean {
  const put = (field: keyof SearchFields, value: string | undefined) => {
    if (fields[field] !== '' || !value || values.length > 1) return false;
    fields[field] = value;
    return true;
  };
  const value = values[0]!;
  if (key === 'resource.service.name' && operator === '=') return put('service', unquoted(value));
  if ((key === 'name' || key === 'span:name') && operator === '=') return put('name', unquoted(value));
  if ((key === 'status' || key === 'span:status') && operator === '=')
    return STATUSES.includes(value) && put('status', value);
  if (key === 'duration' || key === 'span:duration') {
    if (durationText(value) === undefined) return false;
    if (operator === '>=') return put('min', value);
    return operator === '<=' && put('max', value);
  }
  // Intrinsics have no field; a bare word is no attribute.
  if (!/^(?:\.|(?:span|resource|event|link|instrumentation)\.)/.test(key)) return false;
  const isPattern = operator === '=~' || operator === '!~';
  if (isPattern && (values.length > 1 || !value.startsWith('"'))) return false;
  const name = key.replace(/^\./, '');
  // A name that looks like a scope's without its dot would be read as scoped.
  if ((name !== key && SCOPED.test(name)) || /["|]/.test(name)) return false;
  attributes.push(`${name}${operator}${values.map(isPattern ? String : typedValue).join('|')}`);
  return true;
}

function typedValue(literal: string): string {
  const text = unquoted(literal);
  if (text === undefined) return literal;
  const isPlain = /^[^\s"|=<>!~\\]+$/.test(text) && valueLiteral(text) !== text;
  return isPlain ? text : literal;
}

function unquoted(literal: string): string | undefined {
  if (!literal.startsWith('"')) return undefined;
  try {
    return JSON.parse(literal) as string;
  } catch {
    return undefined;
  }
}

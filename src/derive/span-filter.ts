/** Which spans count: Tempo's filter policies, on what a scan noted of a span. */

import { utf8Decode } from '../base/bytes.ts';
import { compileSearch } from '../model/regex.ts';
import { readTyped, type TypedValue } from './attribute-text.ts';
import type { ResourceFacts } from './resources.ts';
import type { FilterPolicy, PolicyAttribute, PolicyMatch, PolicyValue } from './settings.ts';
import type { SpanScan } from './span-scan.ts';
import { kindText, statusText } from './span-words.ts';
import type { WantedKeys } from './wanted-keys.ts';

type Test = (scan: SpanScan, resource: ResourceFacts) => boolean;

/** Whether a span counts; undefined where all do. */
export type SpanFilter = Test;

/** The keys are added to `wanted`. Throws `TriliteError` where an expression is malformed. */
export function compileFilter(policies: readonly FilterPolicy[], wanted: WantedKeys): SpanFilter | undefined {
  if (policies.length === 0) return undefined;
  const tests = (which: (policy: FilterPolicy) => PolicyMatch | undefined): Test[] =>
    policies
      .map(which)
      .filter((match) => match !== undefined)
      .map((match) => compileMatch(match, wanted));
  const include = tests((p) => p.include);
  const includeAny = tests((p) => p.includeAny);
  const exclude = tests((p) => p.exclude);
  return (scan, resource) => {
    const matches = (test: Test) => test(scan, resource);
    if (exclude.some(matches)) return false;
    if (includeAny.some(matches)) return true;
    return include.length > 0 ? include.every(matches) : includeAny.length === 0;
  };
}

function compileMatch(match: PolicyMatch, wanted: WantedKeys): Test {
  const tests = match.map((attribute) => compileAttribute(attribute, wanted));
  return (scan, resource) => tests.every((test) => test(scan, resource));
}

function compileAttribute({ scope, key, value }: PolicyAttribute, wanted: WantedKeys): Test {
  if (scope === 'span' || scope === 'resource') {
    const id = wanted.id(key);
    const test = valueTest(value);
    if (scope === 'span') {
      return (scan) => scan.has(id) && test(readTyped(scan.bytes, scan.valueFrom(id), scan.valueTo(id)));
    }
    return (_, { values }) => {
      const found = values[id];
      return found !== undefined && test(readTyped(found, 0, found.length));
    };
  }
  const test = valueTest(value);
  const text = (string: string): TypedValue => ({ string, int: 0, float: 0, bool: false });
  switch (scope) {
    case 'name':
      return (scan) => test(text(utf8Decode(scan.bytes.subarray(scan.nameFrom, scan.nameTo))));
    case 'kind':
      return (scan) => test(text(kindText(scan.kind)));
    default:
      return (scan) => test(text(statusText(scan.status)));
  }
}

/** A value of another type is compared as its own type's zero, as in the original. */
function valueTest(wanted: PolicyValue): (value: TypedValue) => boolean {
  switch (wanted.type) {
    case 'regex': {
      const regex = compileSearch(wanted.value);
      return (value) => regex.test(value.string);
    }
    case 'string':
      return (value) => value.string === wanted.value;
    case 'int':
      return (value) => value.int === wanted.value;
    case 'float':
      return (value) => value.float === wanted.value;
    default:
      return (value) => value.bool === wanted.value;
  }
}

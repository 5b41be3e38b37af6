/** Differences that are no fault of Trilite's, each with its reason; docs/compat/tempo.md tells of them. A rule is as narrow as it can be. */

import type {
  Attribute,
  Binary,
  FieldExpression,
  Literal,
  Pipeline,
  Reference,
} from '../../../src/query/lang/traceql/ast.ts';
import { printReference } from '../../../src/query/lang/traceql/printer.ts';
import {
  type Answer,
  compareAnswers,
  type FoundTrace,
  labelsOf,
  type Series,
  type Spanset,
  seriesOf,
  tracesOf,
} from './compare.ts';
import { type Explanation, type Outcome, TAG_EXPLANATIONS } from './explained-tags.ts';
import { type Features, featuresOf, isComparison } from './features.ts';
import type { Request } from './requests.ts';

const textOf = ({ body }: Answer) => (typeof body === 'string' ? body : '');

/** Without what spans show of themselves. */
function withoutShown({ status, body }: Answer): Answer {
  const spanset = (set: Spanset): Spanset => ({
    ...set,
    spans: set.spans.map(({ attributes: _, name: __, ...span }) => span),
  });
  const trace = (t: FoundTrace): FoundTrace => ({
    ...t,
    ...(t.spanSet ? { spanSet: spanset(t.spanSet) } : {}),
    ...(t.spanSets ? { spanSets: t.spanSets.map(spanset) } : {}),
  });
  return { status, body: { ...(body as object), traces: tracesOf({ status, body }).map(trace) } };
}

function isCondition(node: FieldExpression): boolean {
  return node.kind === 'binary' && (isComparison(node) || node.op === '&&' || node.op === '||');
}

const ORDER = new Set(['<', '<=', '>', '>=']);

function isOfSeveral({ kind, name, ...rest }: Reference): boolean {
  if (kind === 'intrinsic') return /^(event|link)/.test(name);
  return /^(event|link)$/.test((rest as Attribute).scope);
}

function isUnscopedNil({ op, left, right }: Binary): boolean {
  const literal = [left, right].find(({ kind }) => kind === 'literal') as Literal | undefined;
  const other = left.kind === 'literal' ? right : left;
  return op === '=' && literal?.type === 'nil' && other.kind === 'attribute' && other.scope === 'none';
}

/** Without what a trace says of itself. */
function withoutHeads({ status, body }: Answer): Answer {
  const traces = tracesOf({ status, body }).map(({ traceID, spanSets }) => ({ traceID, spanSets }));
  return { status, body: { ...(body as object), traces } };
}

function isArithmetic(node: FieldExpression | undefined): boolean {
  if (node?.kind === 'unary') return isArithmetic(node.operand) || node.op === '-';
  return node?.kind === 'binary' && !isCondition(node);
}

const isConstant = ({ left, right }: Binary) => left.kind === 'literal' && right.kind === 'literal';

/** Attributes that have values of several types. */
const isMixed = (name: string) => /^(x|level|tags|w|missing|odd)$/.test(name);

const isZero = ({ samples = [] }: Series) => samples.every(({ value }) => value === undefined);

/** `5 < .x` */
function isLiteralFirst({ op, left, right }: Binary): boolean {
  return ORDER.has(op) && left.kind === 'literal' && right.kind !== 'literal';
}

function pipelinesOf({ query, metrics }: Features): readonly Pipeline[] {
  if (query.kind === 'search') return [query.pipeline];
  return metrics.flatMap((m) => (m.kind === 'metric-function' || m.kind === 'compare' ? [m.pipeline] : []));
}

/** What it selects by is not fetched. */
const comparesIds = ({ references }: Features) =>
  references.some(({ kind, name }) => kind === 'intrinsic' && /Id$/.test(name));

const hasBounds = ({ metrics }: Features) => metrics.some((m) => m.kind === 'compare' && m.startNs > 0n);

function isNamed(reference: Reference, key: string): boolean {
  if (reference.kind === 'attribute' && reference.scope === 'none') return key.endsWith(`.${reference.name}`);
  return printReference(reference) === key;
}

function isOddOfCompare(line: string, want: Answer, { references }: Features): boolean {
  if (line === 'exemplars wanted') return true;
  const text = /^(?:missing |too much )?\{"key":"__meta_type".*?\},\{"key":(".*?"),"value":/.exec(line)?.[1];
  const key = text === undefined ? '' : (JSON.parse(text) as string);
  if (/\.(tags|odd)$/.test(key) || key === 'span:childCount') return true;
  if (references.some((reference) => isNamed(reference, key))) return true;
  const zero = seriesOf(want).find((s) => line.startsWith(`missing ${labelsOf(s)}`));
  return zero !== undefined && isZero(zero) && zero.value === undefined;
}

/** What was found there was found here too. */
function isPart({ path }: Request, want: Answer, got: Answer): boolean {
  if (path !== '/api/search') return true;
  const spans = (answer: Answer) =>
    tracesOf(answer).flatMap(({ traceID, spanSets = [] }) =>
      spanSets.flatMap((set) => set.spans.map(({ spanID }) => `${traceID} ${spanID}`)),
    );
  const all = new Set(spans(got));
  return spans(want).every((span) => all.has(span));
}

const SEVERAL: Explanation = {
  // Of several filters, of `||` and of later stages only the first of a span's events or links that has the attribute is looked at.
  name: 'several events or links beside other conditions',
  applies: (_, features) =>
    features !== undefined && !features.conjunction && features.references.some(isOfSeveral),
};

const EXPLANATIONS: readonly Explanation[] = [
  {
    // Which of the attributes that a query names a span shows depends on how the query was cut into conditions for the storage.
    name: 'attributes that spans show',
    applies: ({ request, want, got }, features) =>
      request.path === '/api/search' &&
      features !== undefined &&
      want.status === 200 &&
      got.status === 200 &&
      compareAnswers(request, withoutShown(want), withoutShown(got)).length === 0,
  },
  {
    name: 'a query that it does not survive',
    applies: ({ want, got }) => want.status === 0 && got.status === 200,
  },
  {
    name: 'a search that fails',
    applies: ({ want, got }) =>
      got.status === 200 &&
      want.status === 500 &&
      /division by zero|modulo by zero|unsupported operation|pre-compiled regexp|not supported for IDs|array operators must|expected a numeric|operand is not|multiple spansets per trace/.test(
        textOf(want),
      ),
  },
  {
    name: 'a literal on the left of an order',
    applies: (_, features) => features?.operations.some(isLiteralFirst) ?? false,
  },
  {
    name: 'IDs of links and parents that are not there, and patterns for IDs',
    applies: (_, features) =>
      features !== undefined &&
      (features.references.some(({ kind, name }) => kind === 'intrinsic' && /^(link|parentId)/.test(name)) ||
        features.operations.some(
          ({ op, left }) => /~$/.test(op) && left.kind === 'intrinsic' && /Id$/.test(left.name),
        )),
  },
  {
    name: 'children in a trace without root',
    applies: (_, features) =>
      features?.references.some(({ kind, name }) => kind === 'intrinsic' && name === 'childCount') ?? false,
  },
  {
    // The span has no x, or its resource has none.
    name: 'an unscoped attribute that is nil',
    applies: (_, features) => features?.operations.some(isUnscopedNil) ?? false,
  },
  {
    name: 'powers',
    applies: (_, features) => features?.operations.some(({ op }) => op === '^') ?? false,
  },
  {
    // It reads 0 where the storage was asked for other values.
    name: 'numbers of the nested set beside other conditions',
    applies: (_, features) =>
      features !== undefined &&
      (features.query.kind === 'metrics' || features.operations.length + features.stages.length > 2) &&
      features.references.some(({ kind, name }) => kind === 'intrinsic' && name.startsWith('nestedSet')),
  },
  {
    // A trace that has lost its root's name, or its ID, to the query.
    name: 'fields of a trace that the query asks for too',
    applies: ({ request, want, got }, features) =>
      features?.references.some(({ kind, name }) => kind === 'intrinsic' && /^(root|trace)/.test(name)) ===
        true && compareAnswers(request, withoutHeads(want), withoutHeads(got)).length === 0,
  },
  {
    name: 'traces grouped by their ID',
    applies: (_, features) =>
      features?.stages.some(
        (stage) =>
          stage.kind === 'by' && stage.expression.kind === 'intrinsic' && stage.expression.name === 'traceId',
      ) ?? false,
  },
  {
    // Arithmetic with what is missing or no number is false there, and not nil: grouped by and counted as 0.
    name: 'arithmetic with what is no number',
    applies: (_, features) =>
      features?.stages.some(
        (stage) => (stage.kind === 'by' || stage.kind === 'scalar-filter') && isArithmetic(stage.expression),
      ) === true ||
      (features?.operations.some(
        (o) => isComparison(o) && (isArithmetic(o.left) || isArithmetic(o.right)) && !isConstant(o),
      ) ??
        false),
  },
  {
    name: 'stages behind select()',
    applies: (_, features) =>
      features?.query.kind === 'search' &&
      features.query.pipeline.stages.slice(0, -1).some(({ kind }) => kind === 'select'),
  },
  {
    // Where an attribute is also asked for whatever it is, the filter's own comparison decides: numbers of all types are alike to it, and `!=` and `!~` must hold for all elements of an array.
    name: 'an attribute compared and asked for',
    applies: (_, features) =>
      features?.references.some((r) => r.kind === 'attribute' && isMixed(r.name)) === true &&
      (features.bare.size > 0 || features.operations.filter(isComparison).length > 1),
  },
  {
    // Only the spans that the other side finds are looked at.
    name: 'a condition or true',
    applies: (_, features) =>
      features?.operations.some(
        ({ op, left, right }) => op === '||' && [left, right].some((o) => o.kind === 'literal'),
      ) ?? false,
  },
  {
    name: 'an attribute compared with a duration',
    applies: (_, features) =>
      features?.operations.some(
        ({ left, right }) =>
          left.kind === 'attribute' && right.kind === 'literal' && right.type === 'duration',
      ) ?? false,
  },
  {
    // Where attributes of events, links or scopes are fetched, an unscoped name finds them too.
    name: 'an unscoped attribute beside one of that name',
    applies: (_, features) =>
      features?.references.some(
        (a) =>
          a.kind === 'attribute' &&
          a.scope === 'none' &&
          features.references.some(
            (b) =>
              b.kind === 'attribute' && b.name === a.name && /^(event|link|instrumentation)$/.test(b.scope),
          ),
      ) ?? false,
  },
  {
    name: 'an attribute as a condition beside others',
    applies: (_, features) =>
      features?.operations.some(
        ({ op, left, right }) => op === '||' && [left, right].some((o) => o.kind === 'attribute'),
      ) ?? false,
  },
  {
    // A trace that overlaps the range has series of zeros for its spans outside.
    name: 'series of zeros',
    applies: ({ want, got, lines }) =>
      lines.length > 0 &&
      lines.every((line) => line.startsWith('missing')) &&
      seriesOf(want).every((s) => seriesOf(got).some((o) => labelsOf(o) === labelsOf(s)) || isZero(s)),
  },
  {
    // The walk over both sides at once leaves some spans out.
    name: 'descendants and ancestors together',
    applies: ({ request, want, got }, features) =>
      features?.stages.some((stage) => stage.kind === 'spanset-binary' && /^&(>>|<<)$/.test(stage.op)) ===
        true && isPart(request, want, got),
  },
  {
    // Of the values that a filter compares only those come to the metric that some condition lets through.
    name: 'a measured value that is compared too',
    applies: (_, features) =>
      features?.query.kind === 'metrics' &&
      !features.conjunction &&
      features.references.some((reference) => {
        const text = printReference(reference);
        return features.bare.has(text) && features.compared.has(text);
      }),
  },
  {
    // They are read as if they had no sign.
    name: 'averages of negative integers',
    applies: ({ lines }, features) =>
      lines.some((line) => /"key":"avg\(|traces, got|^(missing|too much) /.test(line)) &&
      features?.stages.some((stage) => stage.kind === 'scalar-filter' && stage.aggregate === 'avg') === true,
  },
  {
    name: 'patterns and arrays',
    applies: (_, features) =>
      features?.operations.some(
        ({ op, left }) => /~$/.test(op) && left.kind === 'attribute' && isMixed(left.name),
      ) ?? false,
  },
  {
    // No block overlaps the range.
    name: 'a range without data',
    applies: ({ request, want, got }) =>
      request.path.includes('/metrics/') &&
      seriesOf(want).length === 0 &&
      seriesOf(got).every((s) => isZero(s) && s.value === undefined),
  },
  {
    name: 'an attribute of several types in the filter of a trace',
    applies: ({ request }, features) =>
      request.path.includes('/v2/traces/') &&
      features?.references.some((r) => r.kind === 'attribute' && isMixed(r.name)) === true,
  },
  {
    // Counted once for each time that the query names it; arrays are told from each other by nobody; series of zeros; and bounds cut at times
    // that are rounded to steps.
    name: 'compare()',
    applies: ({ want, lines }, features) =>
      features?.metrics.some(({ kind }) => kind === 'compare') === true &&
      (hasBounds(features) ||
        comparesIds(features) ||
        lines.every((line) => isOddOfCompare(line, want, features))),
  },
  {
    // There such a filter finds attributes without scope on the instrumentation, events and links too.
    name: 'an attribute without scope in the filter of a trace',
    applies: ({ request }, features) =>
      request.path.includes('/v2/traces/') &&
      features?.references.some((r) => r.kind === 'attribute' && r.scope === 'none') === true,
  },
  ...TAG_EXPLANATIONS,
  {
    // Then it bounds nothing, and neither does the end.
    name: 'a start of zero',
    applies: ({ request: { path, params } }) => path === '/api/search' && params.start === '0',
  },
  {
    name: 'bounds below zero',
    applies: ({ request: { params } }) =>
      /^-/.test(params.minDuration ?? '') || /^-/.test(params.maxDuration ?? ''),
  },
  {
    name: 'an unknown status',
    applies: ({ request: { params } }) => /status\.code="?(x|2)/.test(params.tags ?? ''),
  },
  {
    name: 'arrays of tags',
    applies: ({ request: { params }, want, got }) =>
      /tags=/.test(params.tags ?? '') &&
      tracesOf(want).every((t) => tracesOf(got).some((o) => o.traceID === t.traceID)),
  },
  {
    // Both tags must be on one resource or its spans.
    name: 'several tags',
    applies: ({ request: { params }, want, got }) =>
      / /.test(params.tags ?? '') &&
      tracesOf(want).every((t) => tracesOf(got).some((o) => o.traceID === t.traceID)),
  },
  {
    // Spans that hang together with nothing are left out where nothing else is asked of them.
    name: 'unconnected spans and nothing else',
    applies: (_, features) =>
      features?.stages.some(
        (stage) =>
          stage.kind === 'spanset-binary' &&
          stage.op.startsWith('!') &&
          stage.right.kind === 'filter' &&
          stage.right.expression.kind === 'literal',
      ) ?? false,
  },
  {
    // The spans that have none of what is asked for are not looked at.
    name: 'a pipeline without a filter first',
    applies: (_, features) =>
      features !== undefined &&
      pipelinesOf(features).some(({ stages }) => /^(by|select|scalar-filter)$/.test(stages[0]!.kind)),
  },
  {
    // The sum begins anew behind every span without the value.
    name: 'sums over spans without a value',
    applies: (_, features) =>
      features?.metrics.some((m) => m.kind === 'metric-function' && m.name === 'sum_over_time') ?? false,
  },
  {
    // They count, as 0 or nothing, where a value of events or links is grouped by, measured or compared with another.
    name: 'spans without events and links',
    applies: (_, features) =>
      features?.references.some(isOfSeveral) === true &&
      (features.query.kind === 'metrics' || features.bare.size > 0),
  },
  {
    // With something missing, a condition is neither true nor false there, and nothing makes of it.
    name: 'a condition negated or compared',
    applies: (_, features) =>
      features !== undefined &&
      (features.negated ||
        features.operations.some((o) => isComparison(o) && (isCondition(o.left) || isCondition(o.right)))),
  },
];

/** `several`: whether spans may have more than one event or link. */
export function explanationOf(outcome: Outcome, several: boolean): string | undefined {
  const features = featuresOf(outcome.request.params.q ?? '');
  const rules = several ? [SEVERAL, ...EXPLANATIONS] : EXPLANATIONS;
  return rules.find((explanation) => explanation.applies(outcome, features))?.name;
}

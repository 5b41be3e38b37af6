/** Differences in the names and values of tags, each with its reason. */

import type { FieldExpression, Literal } from '../../../src/query/lang/traceql/ast.ts';
import type { Answer } from './compare.ts';
import { type Features, featuresOf, isComparison, isReference } from './features.ts';
import type { Request } from './requests.ts';
import { DATA_END_S, DATA_START_S } from './traces.ts';

export interface Outcome {
  readonly request: Request;
  readonly want: Answer;
  readonly got: Answer;
  readonly lines: readonly string[];
}

export interface Explanation {
  readonly name: string;
  applies(outcome: Outcome, features: Features | undefined): boolean;
}

const isTags = ({ path }: Request) => path.includes('/search/tag');

function tagOf({ path }: Request): string {
  return decodeURIComponent(/\/tag\/(.*)\/values$/.exec(path)?.[1] ?? '');
}

interface Scope {
  readonly name: string;
  readonly tags?: readonly string[];
}

function itemsOf({ body }: Answer): string[] {
  const { tagNames = [], tagValues = [], scopes = [] } = body as Record<string, unknown[] | undefined>;
  const tags = (scopes as Scope[]).flatMap((s) => (s.tags ?? []).map((tag) => `${s.name} ${tag}`));
  return [...tagNames, ...tagValues, ...tags].map((item) => JSON.stringify(item));
}

/** Every resource has a service there, also where none is listed for another reason. */
const isWithin = (some: Answer, all: Answer) => {
  const items = new Set([...itemsOf(all), '"resource service.name"']);
  return itemsOf(some).every((item) => items.has(item));
};

function isPartOfData({ params }: Request): boolean {
  return Number(params.start) >= DATA_START_S || Number(params.end) <= DATA_END_S;
}

/** Raw numbers or bytes there, in blocks; words here, or nothing. */
const OTHER_INTRINSICS =
  /^(span:)?(kind|status|duration|id|parentID|childCount)$|^trace(:id|:duration|Duration)$|^nestedSet|^event:timeSinceStart$|^link:/;

function narrows(node: FieldExpression): boolean {
  if (node.kind !== 'binary') return false;
  if (node.op === '&&' || node.op === '||') return narrows(node.left) && narrows(node.right);
  const { left, right } = node;
  const literal = right.kind === 'literal' ? (right as Literal) : undefined;
  if (!isComparison(node) || !isReference(left) || literal === undefined) return false;
  if (left.kind === 'intrinsic') return /^(name|status|kind|duration|statusMessage)$/.test(left.name);
  return (left.scope === 'span' || left.scope === 'resource') && literal.type !== 'nil';
}

function filtersOf({ params }: Request): readonly FieldExpression[] | undefined {
  const features = featuresOf(params.q ?? '{}');
  if (features?.query.kind !== 'search') return undefined;
  const [stage, ...rest] = features.query.pipeline.stages;
  return stage?.kind === 'filter' && rest.length === 0 ? [stage.expression] : undefined;
}

export const TAG_EXPLANATIONS: readonly Explanation[] = [
  {
    name: 'values of intrinsics that are no texts',
    applies: ({ request }) => isTags(request) && OTHER_INTRINSICS.test(tagOf(request)),
  },
  {
    // Only comparisons of the span's and the resource's attributes with literals narrow what is listed there.
    name: 'conditions that do not narrow tags',
    applies: ({ request, want, got }) =>
      isTags(request) && isWithin(got, want) && filtersOf(request)?.every(narrows) !== true,
  },
  {
    name: 'a condition on the tag that is listed',
    applies: ({ request, want, got }, features) =>
      isTags(request) &&
      isWithin(got, want) &&
      features?.references.some(({ name }) => tagOf(request).endsWith(name)) === true,
  },
  {
    // With a condition only traces within the range are looked at.
    name: 'tags of other times',
    applies: ({ request, want, got }) =>
      isTags(request) && request.params.q !== undefined && isPartOfData(request) && isWithin(want, got),
  },
  {
    // It lists only some of the names that the spans it finds have.
    name: 'names of tags beside a condition',
    applies: ({ request, want, got }) =>
      request.path === '/api/v2/search/tags' && request.params.q !== undefined && isWithin(want, got),
  },
  {
    // Of links, events, scopes and arrays some are left out where there is a condition.
    name: 'links, events, scopes and arrays beside a condition',
    applies: ({ request, want, got }) =>
      isTags(request) &&
      request.params.q !== undefined &&
      isWithin(want, got) &&
      itemsOf(got)
        .filter((item) => !itemsOf(want).includes(item))
        .every(
          (item) =>
            /^"(link|event|instrumentation) /.test(item) ||
            /tags/.test(tagOf(request)) ||
            /^(link|event|instrumentation)[.:]/.test(tagOf(request)),
        ),
  },
  {
    name: 'an unscoped tag that is given',
    applies: ({ request }, features) =>
      isTags(request) &&
      tagOf(request).startsWith('.') &&
      features?.references.some(({ name }) => tagOf(request).endsWith(name)) === true,
  },
];

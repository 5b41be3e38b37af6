/** Differences that are no fault of Trilite's, each with its reason; docs/compat/loki.md tells of them. A rule is as narrow as it can be. */

import {
  type Answer,
  canonical,
  type LabelSet,
  pointsOf,
  resultOf,
  type Series,
  type Stream,
  seriesOf,
  streamsOf,
} from './compare.ts';
import type { Request } from './requests.ts';

export interface Outcome {
  readonly request: Request;
  readonly want: Answer;
  readonly got: Answer;
  readonly lines: readonly string[];
}

interface Explanation {
  readonly name: string;
  applies(outcome: Outcome): boolean;
}

const queryOf = ({ params }: Request) => String(params.query ?? '');
const textOf = ({ body }: Answer) =>
  typeof body === 'string' ? body : ((body as { error?: string }).error ?? '');

// ------------------------------------------------------------------------------------------ entries and series

interface Entry {
  readonly ns: string;
  readonly stream: string;
  /** Line and categories. */
  readonly rest: string;
}

function entriesOf(
  answer: Answer,
  labels: (stream: Stream, entry: Stream['values'][number]) => unknown = ({ stream }) => stream,
): Entry[] {
  return streamsOf(answer).flatMap((stream) =>
    stream.values.map((value) => ({
      ns: value[0],
      stream: canonical(labels(stream, value)),
      rest: canonical(value.slice(1)),
    })),
  );
}

const sorted = (list: readonly unknown[]) => canonical([...list.map(canonical)].sort());
const sameEntries = (a: readonly Entry[], b: readonly Entry[]) => sorted(a) === sorted(b);

/** The time at which the limit cuts. */
function cutOf(entries: readonly Entry[], { params }: Request): string {
  const times = entries.map(({ ns }) => ns).sort();
  return (params.direction === 'forward' ? times.at(-1) : times[0]) ?? '';
}

/** Both sides hold as many entries, and those away from the cut are the same. */
function sameButAtCut(want: readonly Entry[], got: readonly Entry[], request: Request): boolean {
  const cut = cutOf(want, request);
  const inside = (list: readonly Entry[]) => list.filter(({ ns }) => ns !== cut);
  return want.length === got.length && cut === cutOf(got, request) && sameEntries(inside(want), inside(got));
}

/** All labels of an entry, whatever their category. */
const anyCategory = (stream: Stream, [, , categories]: Stream['values'][number]) => ({
  ...stream.stream,
  ...categories?.structuredMetadata,
  ...categories?.parsed,
});

const withoutCategories = (answer: Answer): Entry[] =>
  entriesOf(answer, anyCategory).map(({ ns, stream, rest }) => ({
    ns,
    stream,
    rest: canonical((JSON.parse(rest) as unknown[])[0]),
  }));

const TEMPLATE_FAILURE = 'TemplateFormatErr';

function withoutDetails(labels: LabelSet): LabelSet {
  if (labels.__error__ !== TEMPLATE_FAILURE) return labels;
  const { __error_details__: _, ...rest } = labels;
  return rest;
}

/** The streams with the texts of failed templates left out, those with the same labels made one. */
function withoutTemplateDetails(answer: Answer): Answer {
  const streams = new Map<string, { stream: LabelSet; values: Stream['values'][number][] }>();
  for (const { stream, values } of streamsOf(answer)) {
    const labels = withoutDetails(stream);
    const key = canonical(labels);
    const merged = streams.get(key) ?? { stream: labels, values: [] };
    streams.set(key, merged);
    for (const [ns, line, categories] of values) {
      if (!categories?.parsed) merged.values.push(categories ? [ns, line, categories] : [ns, line]);
      else merged.values.push([ns, line, { ...categories, parsed: withoutDetails(categories.parsed) }]);
    }
  }
  const { data } = answer.body as { data: object };
  return { ...answer, body: { data: { ...data, result: [...streams.values()] } } };
}

/** The largest relative error between equal series, Infinity where anything else differs. */
function largestError(want: readonly Series[], got: readonly Series[]): number {
  const others = new Map(got.map((series) => [canonical(series.metric), new Map(pointsOf(series))]));
  let worst = want.length === got.length ? 0 : Infinity;
  for (const series of want) {
    const other = others.get(canonical(series.metric));
    if (other?.size !== pointsOf(series).length) return Infinity;
    for (const [time, text] of pointsOf(series)) {
      const [a, b] = [Number(text), Number(other.get(time) ?? 'nothing')];
      if (text === other.get(time)) continue;
      worst = Math.max(
        worst,
        Number.isFinite(a) && Number.isFinite(b)
          ? Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
          : Infinity,
      );
    }
  }
  return worst;
}

/** What rounding may become where numbers are added up in another order. */
const REORDERED_ERROR_MAX = 1e-9;

/** The values at each time, whichever series has them. */
function valuesByTime(series: readonly Series[]): string {
  return sorted(series.flatMap((one) => pointsOf(one).map((point) => point)));
}

const sameButType = (line: string) => {
  const [, want, got] = /: want (\{.*\}), got (\{.*\})$/.exec(line) ?? [];
  const plain = (text: string | undefined) => text?.replace(/"type":"\w+"/, '');
  return want !== undefined && plain(want) === plain(got);
};

const sameValuesInOrder = (want: Answer, got: Answer) => {
  const values = (answer: Answer) =>
    seriesOf(answer)
      .map(({ value }) => value?.[1])
      .join();
  return values(want) === values(got);
};

const withoutPlaces = (answer: Answer) => {
  const { result } = resultOf(answer) ?? {};
  return sorted((result as unknown[] | undefined) ?? []).replace(/syntax error at pos \d+/g, '');
};

// ------------------------------------------------------------------------------------------------------ texts

const SYNTAX = /^parse error at line \d+, col (\d+): syntax error: unexpected (.*?)(?:, expecting .*)?$/s;
const PIPELINE_ERROR = /^pipeline error: '.+' for series: /;
const STAGE_ERROR = /^parse error : stage '(.*)' : (.*)$/s;
const BOTH_SIDES = /^\d+ errors: rpc error: code = Code\(400\)/;

/** Whether order and limits alone tell the two apart. */
function explainsOrder({ request, want, got }: Outcome): boolean {
  const [a, b] = [withoutCategories(want), withoutCategories(got)];
  const times = (list: readonly Entry[]) => sorted(list.map(({ ns }) => ns));
  return (
    sameEntries(a, b) ||
    sameButAtCut(a, b, request) ||
    (request.params.interval !== undefined && times(a) === times(b))
  );
}

const EXPLANATIONS: readonly Explanation[] = [
  {
    // The original lets an error of a stage get lost, and answers nothing, where labels are to be categorized.
    name: 'a stage that cannot be built, with categories',
    applies({ request, want, got }) {
      const fields = request.path.includes('/detected_field');
      const nothing = fields
        ? canonical(want.body) === '{}'
        : resultOf(want) !== undefined && streamsOf(want).length === 0;
      return (
        (fields || request.categorize === true) &&
        want.status === 200 &&
        nothing &&
        got.status === 400 &&
        STAGE_ERROR.test(textOf(got))
      );
    },
  },
  {
    // Streams that meet at one time are in the order of a hash of their labels.
    name: 'order of streams at one time',
    applies: ({ want, got }) => streamsOf(want).length > 0 && sameEntries(entriesOf(want), entriesOf(got)),
  },
  {
    name: 'which entries of one time are within the limit',
    applies: ({ request, want, got }) =>
      streamsOf(want).length > 0 && sameButAtCut(entriesOf(want), entriesOf(got), request),
  },
  {
    name: 'which entry of one time the interval lets through',
    applies: ({ request, want, got }) =>
      request.params.interval !== undefined &&
      sorted(entriesOf(want).map(({ ns }) => ns)) === sorted(entriesOf(got).map(({ ns }) => ns)),
  },
  {
    // It keeps, by all labels together, in which category it first saw each.
    name: 'categories of labels seen before',
    applies: ({ request, want, got }) =>
      request.categorize === true &&
      streamsOf(want).length > 0 &&
      (sameEntries(withoutCategories(want), withoutCategories(got)) ||
        sameButAtCut(withoutCategories(want), withoutCategories(got), request)),
  },
  {
    // It names the place in the template.
    name: 'details of a template that fails',
    applies(outcome) {
      if (!canonical(streamsOf(outcome.want)).includes(TEMPLATE_FAILURE)) return false;
      const [want, got] = [withoutTemplateDetails(outcome.want), withoutTemplateDetails(outcome.got)];
      // Label sets that differ in it only stand in another order.
      return explainsOrder({ ...outcome, want, got });
    },
  },
  {
    // Series come in the order of a Go map.
    name: 'which of several failed series is told',
    applies: ({ want, got }) =>
      PIPELINE_ERROR.test(textOf(want)) && PIPELINE_ERROR.test(textOf(got)) && want.status === got.status,
  },
  {
    // Each side of an operator fails for itself, and the two are told together, as a fault of the server.
    name: 'two sides that cannot be built',
    applies: ({ want, got }) =>
      want.status === 500 && BOTH_SIDES.test(textOf(want)) && STAGE_ERROR.test(textOf(got)),
  },
  {
    // A count-min sketch that found an error.
    name: 'approx_topk that fails',
    applies: ({ request, want }) =>
      want.status === 500 &&
      textOf(want) === 'unexpected empty result' &&
      queryOf(request).includes('approx_topk'),
  },
  {
    // It moves line filters less far, so that an error names more or fewer of them, or another one first.
    name: 'line filters that an error names',
    applies({ want, got }) {
      const [a, b] = [STAGE_ERROR.exec(textOf(want)), STAGE_ERROR.exec(textOf(got))];
      return a !== null && b !== null && /^[|!][=~>]/.test(a[1]!) && /^[|!][=~>]/.test(b[1]!);
    },
  },
  {
    // Streams in memory are found whatever their time.
    name: 'labels of other times',
    applies({ request, want, got }) {
      if (!/\/(labels|values|series)$/.test(request.path) || request.path.includes('detected')) return false;
      const lists = [want, got].map(({ body }) => ((body as { data?: unknown[] }).data ?? []).map(canonical));
      return lists[1]!.every((item) => lists[0]!.includes(item));
    },
  },
  {
    // A line may have a field twice, with the value that its own parser and the one that the query's found.
    name: 'type of a field with two values',
    applies: ({ request, lines }) =>
      request.path.endsWith('/detected_fields') && lines.every((line) => sameButType(line)),
  },
  {
    name: 'order of equal values',
    applies: ({ request, want, got, lines }) =>
      lines.every((line) => line.startsWith('order:')) &&
      /\bsort/.test(queryOf(request)) &&
      sameValuesInOrder(want, got),
  },
  {
    // The place counts bytes, of which there were fewer in what is shown as U+FFFD.
    name: 'place behind bytes that are no UTF-8',
    applies: ({ want, got }) =>
      canonical(want.body).includes('\ufffd') && withoutPlaces(want) === withoutPlaces(got),
  },
  {
    // A function's integer is an int64 there, a constant an int; here all are alike.
    name: 'a verb that does not suit its value',
    applies: ({ want, got }) => canonical(want.body).includes('%!') && canonical(got.body).includes('%!'),
  },
  {
    name: 'order of additions',
    applies: ({ request, want, got }) =>
      /sum|avg|stddev|stdvar/.test(queryOf(request)) &&
      largestError(seriesOf(want), seriesOf(got)) < REORDERED_ERROR_MAX,
  },
  {
    name: 'which of equal values topk keeps',
    applies: ({ request, want, got }) =>
      /topk|bottomk/.test(queryOf(request)) &&
      seriesOf(want).length > 0 &&
      valuesByTime(seriesOf(want)) === valuesByTime(seriesOf(got)),
  },
  {
    // It forgets the line of a token that it reads character by character.
    name: 'line 0 of a syntax error',
    applies: ({ want, got }) =>
      want.status === 400 &&
      got.status === 400 &&
      textOf(want).replace('parse error at line 0,', 'parse error at line 1,') === textOf(got),
  },
  {
    // The original cannot print what it has found.
    name: 'labels that are no UTF-8',
    applies: ({ want }) => want.status === 500 && textOf(want).includes('invalid UTF-8'),
  },
  {
    // What might have stood there: the original's list follows from its parser's tables.
    name: 'what a syntax error expected',
    applies({ want, got }) {
      const [a, b] = [SYNTAX.exec(textOf(want)), SYNTAX.exec(textOf(got))];
      return a !== null && b !== null && a[1] === b[1] && a[2] === b[2];
    },
  },
  {
    // `1499B` is 1500 there.
    name: 'byte literals rounded',
    applies: ({ request, want, got }) =>
      want.status === 200 && got.status === 200 && /[=<>] *(1499B|5KiB|1KiB|512B)/.test(queryOf(request)),
  },
];

export function explanationOf(outcome: Outcome): string | undefined {
  return EXPLANATIONS.find((explanation) => explanation.applies(outcome))?.name;
}

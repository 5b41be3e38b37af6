/**
 * Whether two answers of Loki's API say the same, to the letter: status, text of a refusal, streams with their labels and lines in
 * order, series with values as they are printed. What differs is told in lines that name both sides.
 */

export interface Answer {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

export type LabelSet = Readonly<Record<string, string>>;

export interface Stream {
  readonly stream: LabelSet;
  readonly values: readonly (readonly [ns: string, line: string, categories?: Categories])[];
}

export interface Categories {
  readonly structuredMetadata?: LabelSet;
  readonly parsed?: LabelSet;
}

type Point = readonly [seconds: number, value: string];

export interface Series {
  readonly metric: LabelSet;
  readonly value?: Point;
  readonly values?: readonly Point[];
}

interface QueryBody {
  readonly data?: {
    readonly resultType?: string;
    readonly result?: unknown;
    readonly encodingFlags?: unknown;
  };
}

/** With keys in order, so that equal objects have equal texts. */
export function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, v: unknown) =>
      v !== null && typeof v === 'object' && !Array.isArray(v)
        ? Object.fromEntries(Object.entries(v).sort(([a], [b]) => (a < b ? -1 : 1)))
        : v,
    ) ?? 'nothing'
  );
}

export function resultOf({ body }: Answer): { type: string; result: unknown } | undefined {
  const data = (body as QueryBody | undefined)?.data;
  return data?.resultType === undefined ? undefined : { type: data.resultType, result: data.result };
}

export function streamsOf(answer: Answer): readonly Stream[] {
  const result = resultOf(answer);
  return result?.type === 'streams' ? (result.result as Stream[]) : [];
}

export function seriesOf(answer: Answer): readonly Series[] {
  const result = resultOf(answer);
  return result?.type === 'vector' || result?.type === 'matrix' ? (result.result as Series[]) : [];
}

export const pointsOf = ({ value, values }: Series): readonly Point[] => values ?? (value ? [value] : []);

/** A list of things with a name, in order: what is missing, what is too much, what is inside or where one stands otherwise. */
function compareNamed<T>(
  want: readonly T[],
  got: readonly T[],
  name: (item: T) => string,
  inside: (a: T, b: T) => string[],
  ordered: boolean,
): string[] {
  const group = (list: readonly T[]) => new Map(list.map((item) => [name(item), item]));
  const [a, b] = [group(want), group(got)];
  const out: string[] = [];
  if (b.size !== got.length && a.size === want.length) out.push('a label set comes twice');
  for (const [key, item] of a) {
    const other = b.get(key);
    if (other === undefined) out.push(`missing ${key}: ${canonical(item)}`);
    else out.push(...inside(item, other));
  }
  for (const [key, item] of b) if (!a.has(key)) out.push(`too much ${key}: ${canonical(item)}`);
  const [x, y] = [[...a.keys()], [...b.keys()]];
  if (out.length === 0 && ordered && x.join() !== y.join())
    out.push(`order: want ${x.join(' ')}, got ${y.join(' ')}`);
  return out;
}

function compareItems(where: string, want: readonly unknown[], got: readonly unknown[]): string[] {
  const [a, b] = [want.map(canonical), got.map(canonical)];
  const at = a.findIndex((text, i) => text !== b[i]);
  if (at < 0 && a.length === b.length) return [];
  const i = at < 0 ? a.length : at;
  const counts = a.length === b.length ? '' : ` (${a.length} wanted, ${b.length} given)`;
  return [`${where} [${i}]: want ${a[i] ?? 'nothing'}, got ${b[i] ?? 'nothing'}${counts}`];
}

function compareResults(want: Answer, got: Answer): string[] {
  const a = resultOf(want)!;
  const b = resultOf(got);
  if (a.type !== b?.type) return [`type: want ${a.type}, got ${b?.type}`];
  const flags = [want, got].map(({ body }) => canonical((body as QueryBody).data!.encodingFlags));
  if (flags[0] !== flags[1]) return [`flags: want ${flags[0]}, got ${flags[1]}`];
  if (a.type === 'streams') {
    const inside = (x: Stream, y: Stream) => compareItems(canonical(x.stream), x.values, y.values);
    return compareNamed(streamsOf(want), streamsOf(got), (s) => canonical(s.stream), inside, true);
  }
  if (a.type === 'scalar') {
    // The original's time of a scalar is random.
    const [x, y] = [(a.result as Point)[1], (b.result as Point)[1]];
    return x === y ? [] : [`want ${x}, got ${y}`];
  }
  const inside = (x: Series, y: Series) => compareItems(canonical(x.metric), pointsOf(x), pointsOf(y));
  return compareNamed(seriesOf(want), seriesOf(got), (s) => canonical(s.metric), inside, true);
}

interface DetectedField {
  readonly label: string;
}

/** Lists whose order is a Go map's. */
function unordered(body: unknown): unknown {
  const { fields, values, ...rest } = body as { fields?: DetectedField[]; values?: string[] };
  if (fields) return { ...rest, fields: [...fields].sort((a, b) => (a.label < b.label ? -1 : 1)) };
  return values ? { ...rest, values: [...values].sort() } : body;
}

/** What is not the same; nothing where the answers agree. */
export function compareAnswers(path: string, want: Answer, got: Answer): string[] {
  if (want.status !== got.status) {
    return [
      `want ${want.status} ${canonical(want.body).slice(0, 400)}`,
      `got  ${got.status} ${canonical(got.body).slice(0, 400)}`,
    ];
  }
  if (want.status === 200 && resultOf(want) !== undefined) return compareResults(want, got);
  const detected = path.includes('/detected_field');
  const [a, b] = [want, got].map(({ body }) =>
    detected && typeof body === 'object' ? unordered(body) : body,
  );
  const aFields = (a as { fields?: DetectedField[] }).fields;
  const bFields = (b as { fields?: DetectedField[] }).fields;
  if (aFields && bFields)
    return compareNamed(
      aFields,
      bFields,
      (f) => f.label,
      (x, y) => compareItems(x.label, [x], [y]),
      false,
    );
  if (path.endsWith('/series') && want.status === 200) {
    const sets = (body: unknown) => (body as { data: unknown[] }).data.map(canonical).sort();
    return compareItems('series', sets(a), sets(b));
  }
  const [x, y] = [canonical(a), canonical(b)];
  return x === y ? [] : [`want ${x.slice(0, 1500)}`, `got  ${y.slice(0, 1500)}`];
}

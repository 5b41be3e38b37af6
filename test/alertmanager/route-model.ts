/** Routes of random configurations, and a model of the way of alerts through them. */

export type LabelSet = Readonly<Record<string, string>>;
export type MatcherCase = readonly [name: string, type: '=' | '!=' | '=~' | '!~', values: readonly string[]];

export interface RouteCase {
  readonly receiver: string | undefined;
  /** `...` alone is all labels. */
  readonly groupBy: readonly string[] | undefined;
  readonly matchers: readonly MatcherCase[];
  readonly waitS: number | undefined;
  readonly intervalS: number | undefined;
  readonly repeatS: number | undefined;
  readonly continue: boolean;
  readonly muteAt: readonly string[];
  readonly activeAt: readonly string[];
  readonly routes: readonly RouteCase[];
}

export interface InhibitCase {
  readonly source: readonly MatcherCase[];
  readonly target: readonly MatcherCase[];
  readonly equal: readonly string[];
}

export interface ConfigCase {
  readonly route: RouteCase;
  readonly inhibit: readonly InhibitCase[];
  /** Minutes from the start on, the end not among them. */
  readonly times: Readonly<Record<string, readonly [from: number, to: number]>>;
  /** For each way to tell a receiver whether it is told of alerts that are over. */
  readonly receivers: Readonly<Record<string, readonly boolean[]>>;
}

/** A route with what it inherits. */
export interface Place {
  readonly route: RouteCase;
  readonly id: string;
  readonly key: string;
  readonly receiver: string;
  readonly groupBy: readonly string[];
  readonly waitMs: number;
  readonly intervalMs: number;
  readonly repeatMs: number;
  readonly below: readonly Place[];
}

export function matches(matchers: readonly MatcherCase[], labels: LabelSet): boolean {
  return matchers.every(
    ([name, type, values]) => values.includes(labels[name] ?? '') === (type === '=' || type === '=~'),
  );
}

/** As in configurations and keys of groups. */
export function matcherText([name, type, values]: MatcherCase): string {
  return `${name}${type}"${values.join('|')}"`;
}

export function placeOf(route: RouteCase, above: Place | undefined, index: number): Place {
  const sorted = [...route.matchers].sort((a, b) => (matcherOrder(a) < matcherOrder(b) ? -1 : 1));
  const text = `{${sorted.map(matcherText).join(',')}}`;
  const own = {
    ...{ route, id: `${above?.id ?? ''}/${index}`, key: above ? `${above.key}/${text}` : text },
    receiver: route.receiver ?? above!.receiver,
    groupBy: route.groupBy ?? above?.groupBy ?? [],
    waitMs: route.waitS === undefined ? (above?.waitMs ?? 30_000) : route.waitS * 1000,
    intervalMs: route.intervalS === undefined ? (above?.intervalMs ?? 5 * 60_000) : route.intervalS * 1000,
    repeatMs: route.repeatS === undefined ? (above?.repeatMs ?? 240 * 60_000) : route.repeatS * 1000,
    below: [] as Place[],
  };
  own.below.push(...route.routes.map((child, i) => placeOf(child, own, i)));
  return own;
}

function matcherOrder([name, type, values]: MatcherCase): string {
  return [name, values.join('|'), ['=', '!=', '=~', '!~'].indexOf(type)].join('\0');
}

export function placesOf(place: Place, labels: LabelSet): Place[] {
  if (!matches(place.route.matchers, labels)) return [];
  const out: Place[] = [];
  for (const child of place.below) {
    const taken = placesOf(child, labels);
    out.push(...taken);
    if (taken.length > 0 && !child.route.continue) break;
  }
  return out.length > 0 ? out : [place];
}

export function groupLabels({ groupBy }: Place, labels: LabelSet): string {
  const names = Object.keys(labels).sort();
  const own = groupBy[0] === '...' ? names : names.filter((name) => groupBy.includes(name));
  return `{${own.map((name) => `${name}="${labels[name]}"`).join(', ')}}`;
}

export function labelText(labels: LabelSet): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}=${labels[name]}`)
    .join(',');
}

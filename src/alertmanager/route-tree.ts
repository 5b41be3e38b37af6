/**
 * The routing tree. An alert goes down from the root: into the first child whose matchers it has, and on to the next ones where
 * that says `continue`; where it rests (no child takes it) it is grouped, and the group's receiver is told.
 */

import { quote } from '../model/go-string.ts';
import { compareText, Labels } from '../model/labels.ts';
import type { RouteConfig } from './alertmanager-config.ts';
import { AlertMatcher, matchesAll } from './matcher.ts';
import type { MatcherText } from './silence.ts';

/** The original's defaults. */
const GROUP_WAIT_MS = 30_000;
const GROUP_INTERVAL_MS = 5 * 60_000;
const REPEAT_INTERVAL_MS = 4 * 3_600_000;

export interface RouteTiming {
  /** From a group's first alert to its first notification. */
  readonly groupWaitMs: number;
  /** Between two looks at a group. */
  readonly groupIntervalMs: number;
  /** After which a group of which nothing new is to be told is told of again. */
  readonly repeatIntervalMs: number;
}

export class Route {
  readonly parent: Route | undefined;
  readonly receiver: string;
  readonly matchers: readonly AlertMatcher[];
  readonly groupBy: ReadonlySet<string> | 'all';
  readonly timing: RouteTiming;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
  readonly continues: boolean;
  /** With those of the parents. */
  readonly labels: Labels;
  readonly routes: readonly Route[];
  /** What group keys begin with: the matchers from the root on. Several routes may have the same. */
  readonly key: string;
  /** The same with each route's place among its siblings. */
  readonly id: string;

  private constructor(config: RouteConfig, parent: Route | undefined, index: number) {
    this.parent = parent;
    this.receiver = config.receiver || (parent?.receiver ?? '');
    this.matchers = config.matchers.map(({ type, name, value }) => new AlertMatcher(type, name, value));
    const { groupBy } = config;
    if (groupBy === undefined) this.groupBy = parent?.groupBy ?? new Set();
    else this.groupBy = groupBy === 'all' ? 'all' : new Set(groupBy);
    const above = parent?.timing;
    this.timing = {
      groupWaitMs: config.groupWaitMs ?? above?.groupWaitMs ?? GROUP_WAIT_MS,
      groupIntervalMs: config.groupIntervalMs ?? above?.groupIntervalMs ?? GROUP_INTERVAL_MS,
      repeatIntervalMs: config.repeatIntervalMs ?? above?.repeatIntervalMs ?? REPEAT_INTERVAL_MS,
    };
    // These alone are not inherited.
    this.muteTimeIntervals = config.muteTimeIntervals;
    this.activeTimeIntervals = config.activeTimeIntervals;
    this.continues = config.continue;
    this.labels = Labels.from({ ...parent?.labels.toObject(), ...config.labels });
    const text = `{${this.matchers.join(',')}}`;
    this.key = parent ? `${parent.key}/${text}` : text;
    this.id = parent ? `${parent.id}/${text}/${index}` : text;
    this.routes = config.routes.map((child, i) => new Route(child, this, i));
  }

  static tree(root: RouteConfig): Route {
    return new Route(root, undefined, 0);
  }

  matches(labels: Labels): boolean {
    return matchesAll(this.matchers, labels);
  }

  /** Where an alert rests: at least one route where this one's matchers match, else none. */
  match(labels: Labels): Route[] {
    if (!this.matches(labels)) return [];
    const out: Route[] = [];
    for (const child of this.routes) {
      const taken = child.match(labels);
      out.push(...taken);
      if (taken.length > 0 && !child.continues) break;
    }
    return out.length > 0 ? out : [this];
  }

  /** The labels by which alerts of this route are one group. */
  groupLabels(labels: Labels): Labels {
    const { groupBy } = this;
    return groupBy === 'all' ? labels : labels.filter((name) => groupBy.has(name));
  }

  groupKey(groupLabels: Labels): string {
    return `${this.key}:${labelSetText(groupLabels)}`;
  }

  /** This one and all below it, parents first. */
  *walk(): Generator<Route> {
    yield this;
    for (const child of this.routes) yield* child.walk();
  }
}

/** `{a="1", b="2"}`, as the original prints label sets. */
export function labelSetText({ pairs }: Labels): string {
  const out: string[] = [];
  for (let i = 0; i < pairs.length; i += 2) out.push(`${pairs[i]}=${quote(pairs[i + 1]!)}`);
  return `{${out.join(', ')}}`;
}

/** Matchers in the original's order, which keys of groups depend on. */
export function sortMatchers<T extends MatcherText>(matchers: readonly T[]): T[] {
  return [...matchers].sort(
    (a, b) => compareText(a.name, b.name) || compareText(a.value, b.value) || typeRank(a) - typeRank(b),
  );
}

function typeRank({ type }: MatcherText): number {
  return ['=', '!=', '=~', '!~'].indexOf(type);
}

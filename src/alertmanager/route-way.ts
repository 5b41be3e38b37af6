/** The way that an alert of given labels takes through the routing tree: of every route what becomes of it there, and why. */

import type { Labels } from '../model/labels.ts';
import type { Route } from './route-tree.ts';

/**
 * `taken`: it rests here. `through`: a child takes it. `unmatched`: it lacks what the matchers ask for. `shadowed`: a sibling has taken
 * it. `unreached`: a route above does not have it.
 */
export type Verdict = 'taken' | 'through' | 'unmatched' | 'shadowed' | 'unreached';

export interface RouteStep {
  readonly route: Route;
  readonly verdict: Verdict;
  /** Matchers that do not match. */
  readonly failing: readonly string[];
  /** The id of the sibling that has taken it. */
  readonly by: string | undefined;
  readonly routes: readonly RouteStep[];
}

export function wayOf(route: Route, labels: Labels): RouteStep {
  const failing = route.matchers.filter((m) => !m.matches(labels.get(m.name))).map(String);
  if (failing.length > 0) return asideOf(route, 'unmatched', failing);
  const routes: RouteStep[] = [];
  let taker: Route | undefined;
  for (const child of route.routes) {
    if (taker) {
      routes.push(asideOf(child, 'shadowed', [], taker.id));
      continue;
    }
    const step = wayOf(child, labels);
    routes.push(step);
    if (isTaking(step) && !child.continues) taker = child;
  }
  const verdict = routes.some(isTaking) ? 'through' : 'taken';
  return { route, verdict, failing, by: undefined, routes };
}

function isTaking({ verdict }: RouteStep): boolean {
  return verdict === 'taken' || verdict === 'through';
}

function asideOf(route: Route, verdict: Verdict, failing: readonly string[], by?: string): RouteStep {
  const routes = route.routes.map((child) => asideOf(child, 'unreached', []));
  return { route, verdict, failing, by, routes };
}

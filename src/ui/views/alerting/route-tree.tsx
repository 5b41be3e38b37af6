/** The routing tree, with the way that an alert takes through it and why it takes no other. */

import type { RouteNode, Verdict } from '../../api/alertmanager-answers.ts';
import { formatCounted } from '../../format/number.ts';

/** What there is to say of a route; undefined says nothing. */
const WORDS: Readonly<Record<Verdict, string | undefined>> = {
  taken: 'taken',
  through: 'passes on',
  unmatched: 'does not match',
  shadowed: 'not looked at',
  unreached: undefined,
};
const BADGES: Readonly<Record<Verdict, string>> = {
  taken: 'good',
  through: 'good',
  unmatched: '',
  shadowed: '',
  unreached: '',
};

export function RouteTree({ root, isAsked }: { readonly root: RouteNode; readonly isAsked: boolean }) {
  return (
    <ul class="route-tree">
      <Route route={root} isRoot isAsked={isAsked} />
    </ul>
  );
}

function Route(props: { readonly route: RouteNode; readonly isAsked: boolean; readonly isRoot?: boolean }) {
  const { route, isAsked, isRoot = false } = props;
  const { receiver, matchers, routes, verdict, failing, by } = route;
  const isOnWay = verdict === 'taken' || verdict === 'through';
  const children = routes.length > 0 && (
    <ul>
      {routes.map((child) => (
        <Route key={child.id} route={child} isAsked={isAsked} />
      ))}
    </ul>
  );
  return (
    <li class={isAsked && isOnWay ? 'on-way' : ''}>
      <div class="row" title={route.id}>
        <b>{receiver}</b>
        {matchers.map((text) => (
          <code key={text} class={isAsked && failing?.includes(text) ? 'fault' : ''}>
            {text}
          </code>
        ))}
        {matchers.length === 0 && (
          <span class="faint">{isRoot ? 'what no other route takes' : 'everything'}</span>
        )}
        {isAsked && WORDS[verdict] && <span class={`badge ${BADGES[verdict]}`}>{WORDS[verdict]}</span>}
        {isAsked && verdict === 'shadowed' && (
          <span class="faint">
            <code>{by}</code> took the alert and does not continue
          </span>
        )}
      </div>
      <div class="faint">{timingOf(route)}</div>
      {isAsked && children && !isOnWay ? (
        <details>
          <summary class="faint">{formatCounted(routes.length, 'route', 'routes')} below</summary>
          {children}
        </details>
      ) : (
        children
      )}
    </li>
  );
}

function timingOf(route: RouteNode): string {
  const { groupBy, groupWait, groupInterval, repeatInterval, muteTimeIntervals, activeTimeIntervals } = route;
  const by =
    groupBy.length === 0
      ? 'all in one group'
      : groupBy[0] === '...'
        ? 'each alone'
        : `by ${groupBy.join(', ')}`;
  return [
    by,
    `waits ${groupWait}, then ${groupInterval}, again after ${repeatInterval}`,
    muteTimeIntervals.length > 0 && `muted in ${muteTimeIntervals.join(', ')}`,
    activeTimeIntervals.length > 0 && `active in ${activeTimeIntervals.join(', ')} only`,
    route.continue && 'continues',
  ]
    .filter(Boolean)
    .join(' · ');
}

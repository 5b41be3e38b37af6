/** The way from view to view; the time range goes along. */

import { href, usePlace } from '../location.ts';
import { rangeParams } from '../time/use-time.ts';

interface Entry {
  readonly path: string;
  readonly name: string;
  readonly key: string;
  /** Other paths that belong to it. */
  readonly also?: readonly string[];
}

/** What is looked at, and what is known of the server. */
export const NAV: readonly (readonly Entry[])[] = [
  [
    { path: '/', name: 'Home', key: 'h' },
    { path: '/graph', name: 'Metrics', key: 'm', also: ['/query'] },
    { path: '/logs', name: 'Logs', key: 'l' },
    { path: '/search', name: 'Traces', key: 't', also: ['/trace/'] },
    { path: '/map', name: 'Services', key: 's', also: ['/dependencies'] },
  ],
  [
    { path: '/alerts', name: 'Alerts', key: 'a', also: ['/alerts/'] },
    { path: '/rules', name: 'Rules', key: 'r' },
    { path: '/targets', name: 'Targets', key: 'x', also: ['/service-discovery'] },
    { path: '/storage', name: 'Storage', key: 'd', also: ['/tsdb-status'] },
    { path: '/doctor', name: 'Doctor', key: 'o' },
    { path: '/config', name: 'Configuration', key: 'c', also: ['/flags'] },
  ],
];

export function Nav() {
  const { path } = usePlace();
  const isHere = (entry: Entry) =>
    entry.path === path ||
    (entry.also ?? []).some((other) => path === other || (other.endsWith('/') && path.startsWith(other)));
  return (
    <nav class="nav" aria-label="Views">
      {NAV.map((group, i) => (
        <ul key={i === 0 ? 'look' : 'know'}>
          {group.map((entry) => (
            <li key={entry.path}>
              <a
                href={href(entry.path, rangeParams())}
                aria-current={isHere(entry) ? 'page' : undefined}
                title={`${entry.name} (g ${entry.key})`}
              >
                {entry.name}
              </a>
            </li>
          ))}
        </ul>
      ))}
    </nav>
  );
}

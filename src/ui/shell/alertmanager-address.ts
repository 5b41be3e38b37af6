/**
 * Addresses of Alertmanager's own page, which stands behind `#`: links in notifications and in what people have noted open here.
 *
 *   #/alerts?filter={…}&receiver=…&silenced=false    #/silences?filter={…}    #/silences/new?filter={…}    #/silences/ID(/edit)
 */

export interface PlaceHere {
  readonly path: string;
  readonly params: Readonly<Record<string, string>>;
}

/** Undefined for what is none of Alertmanager's. */
export function alertmanagerPlace(hash: string): PlaceHere | undefined {
  const found = /^#\/(alerts|silences|status)(?:\/([^/?]+))?(?:\/edit)?(?:\?(.*))?$/.exec(hash);
  if (!found) return undefined;
  const [, page, part, query] = found;
  const given = new URLSearchParams(query);
  const filter = given.get('filter') ?? '';
  if (page === 'status') return { path: '/config', params: {} };
  if (page === 'alerts') return { path: '/alerts/groups', params: alertParams(filter, given) };
  if (part === 'new') return { path: '/alerts/silences', params: { make: filter } };
  if (part !== undefined) return { path: '/alerts/silences', params: { edit: decodeURIComponent(part) } };
  const words = filter.replace(/^\{|\}$/g, '').replaceAll(',', ' ');
  return { path: '/alerts/silences', params: words === '' ? {} : { search: words } };
}

function alertParams(filter: string, given: URLSearchParams): Readonly<Record<string, string>> {
  const receiver = given.get('receiver');
  const isShown = (name: string) => (given.get(name) ?? String(name === 'active')).toLowerCase() !== 'false';
  return {
    ...(filter === '' ? {} : { filter }),
    ...(receiver ? { receiver } : {}),
    // It shows those that somebody is told of, if it is not asked for others.
    state: ['active', 'silenced', 'inhibited', 'muted'].filter(isShown).join(','),
  };
}

/** The views and their paths: Prometheus' and Jaeger's page paths are among them, so that links in alerts open here. */

import type { ComponentType } from 'preact';

export interface ViewProps {
  /** What the path's parameter stands for, decoded; empty where it has none. */
  readonly id: string;
}

type View = ComponentType<ViewProps>;

export interface ViewRoute {
  /** A path ending in `/` has a parameter behind it. */
  readonly paths: readonly string[];
  readonly title: string;
  load(): Promise<View>;
}

async function traces() {
  return (await import('./views/traces/both.ts')).TRACES;
}

async function known() {
  return (await import('./views/known.ts')).KNOWN;
}

export const VIEWS: readonly ViewRoute[] = [
  { paths: ['/'], title: 'Home', load: async () => (await import('./views/home/view.tsx')).HomeView },
  {
    paths: ['/graph', '/query'],
    title: 'Metrics',
    load: async () => (await import('./views/metrics/view.tsx')).MetricsView,
  },
  { paths: ['/logs'], title: 'Logs', load: async () => (await import('./views/logs/view.tsx')).LogsView },
  {
    paths: ['/search'],
    title: 'Traces',
    load: async () => (await traces()).search,
  },
  {
    paths: ['/trace/'],
    title: 'Trace',
    load: async () => (await traces()).trace,
  },
  {
    paths: ['/map', '/dependencies'],
    title: 'Services',
    load: async () => (await import('./views/map/view.tsx')).MapView,
  },
  {
    paths: ['/targets', '/service-discovery'],
    title: 'Targets',
    load: async () => (await known()).targets,
  },
  {
    paths: ['/rules'],
    title: 'Rules',
    load: async () => (await known()).rules,
  },
  {
    paths: ['/alerts'],
    title: 'Alerts',
    load: async () => (await known()).alerts,
  },
  {
    paths: ['/alerts/groups', '/alerts/silences', '/alerts/route', '/alerts/notifications'],
    title: 'Alerts',
    load: async () => (await known()).alerting,
  },
  {
    paths: ['/storage', '/tsdb-status'],
    title: 'Storage',
    load: async () => (await known()).storage,
  },
  {
    paths: ['/doctor'],
    title: 'Doctor',
    load: async () => (await known()).doctor,
  },
  {
    paths: ['/config', '/flags'],
    title: 'Configuration',
    load: async () => (await known()).config,
  },
];

export interface FoundView {
  readonly route: ViewRoute;
  readonly id: string;
}

/** The view of a path; undefined where there is none. */
export function viewOf(path: string): FoundView | undefined {
  for (const route of VIEWS) {
    for (const own of route.paths) {
      if (path === own && !(own.endsWith('/') && own !== '/')) return { route, id: '' };
      if (own !== '/' && own.endsWith('/') && path.startsWith(own) && path.length > own.length)
        return { route, id: decodeURIComponent(path.slice(own.length)) };
    }
  }
  return undefined;
}

/**
 * The part of Grafana's JSON model of dashboards that the builders write. Grafana 11, 12 and 13 read it: an older
 * `schemaVersion` is migrated when a dashboard is loaded.
 */

/** Of Grafana 11.0. */
export const SCHEMA_VERSION = 39;

/** The uids that `grafana/provisioning/datasources` gives. */
export type DatasourceUid = 'prometheus' | 'loki' | 'tempo';

export interface DatasourceRef {
  readonly type: string;
  readonly uid: string;
}

/** A query; what else it has is its data source's own. */
export interface Target {
  readonly refId: string;
  readonly datasource: DatasourceRef;
  readonly [key: string]: unknown;
}

export interface Threshold {
  readonly color: string;
  /** Null for the colour of everything below the first value. */
  readonly value: number | null;
}

/** A link to a query in Explore. */
export interface DataLink {
  readonly title: string;
  readonly url: string;
  readonly internal: {
    readonly datasourceUid: string;
    readonly datasourceName: string;
    readonly query: Readonly<Record<string, unknown>>;
  };
}

export interface FieldSettings {
  readonly unit?: string;
  readonly decimals?: number;
  readonly min?: number;
  readonly max?: number;
  readonly noValue?: string;
  readonly displayName?: string;
  readonly color?: Readonly<Record<string, unknown>>;
  readonly custom?: Readonly<Record<string, unknown>>;
  readonly mappings?: readonly unknown[];
  readonly thresholds?: { readonly mode: 'absolute'; readonly steps: readonly Threshold[] };
  readonly links?: readonly DataLink[];
}

export interface FieldOverride {
  readonly matcher: { readonly id: string; readonly options: string };
  readonly properties: readonly { readonly id: string; readonly value: unknown }[];
}

export interface GridPos {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly gridPos: GridPos;
  readonly datasource: DatasourceRef;
  readonly targets: readonly Target[];
  readonly fieldConfig: { readonly defaults: FieldSettings; readonly overrides: readonly FieldOverride[] };
  readonly options: Readonly<Record<string, unknown>>;
  readonly transformations?: readonly unknown[];
  readonly maxDataPoints?: number;
}

export interface Row {
  readonly id: number;
  readonly type: 'row';
  readonly title: string;
  readonly gridPos: GridPos;
  readonly collapsed: false;
  /** The variable for each of whose values the row is there once. */
  readonly repeat?: string;
  readonly panels: readonly never[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  readonly type: 'query' | 'textbox' | 'custom';
  readonly [key: string]: unknown;
}

export interface Annotation {
  readonly name: string;
  readonly datasource: DatasourceRef;
  readonly enable: boolean;
  readonly iconColor: string;
  readonly [key: string]: unknown;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly schemaVersion: number;
  readonly version: number;
  readonly editable: boolean;
  readonly graphTooltip: 0 | 1 | 2;
  readonly refresh: string;
  readonly time: { readonly from: string; readonly to: string };
  readonly timezone: 'browser';
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Annotation[] };
  readonly links: readonly unknown[];
  readonly panels: readonly (Panel | Row)[];
}

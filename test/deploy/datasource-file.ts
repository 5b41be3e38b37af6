/** A provisioning file of data sources, read as Grafana reads it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface DerivedField {
  readonly name: string;
  readonly matcherType?: 'label' | 'regex';
  readonly matcherRegex: string;
  readonly url: string;
  readonly datasourceUid: string;
}

export interface TraceToOther {
  readonly datasourceUid: string;
  readonly tags?: readonly { readonly key: string; readonly value: string }[];
  readonly query?: string;
  readonly queries?: readonly { readonly name: string; readonly query: string }[];
}

/** `tracesToLogs`, as it was before Grafana 9. */
export interface OldTraceToLogs {
  readonly datasourceUid: string;
  readonly mappedTags: readonly { readonly key: string; readonly value: string }[];
  readonly filterByTraceID: boolean;
}

export interface Correlation {
  readonly targetUID: string;
  readonly label: string;
  readonly description: string;
  readonly config: {
    readonly type: string;
    readonly field: string;
    readonly target: Readonly<Record<string, unknown>>;
  };
}

export interface Datasource {
  readonly name: string;
  readonly uid: string;
  readonly type: string;
  readonly url: string;
  readonly isDefault?: boolean;
  readonly jsonData: {
    readonly exemplarTraceIdDestinations?: readonly {
      readonly name: string;
      readonly datasourceUid: string;
    }[];
    readonly derivedFields?: readonly DerivedField[];
    readonly tracesToLogs?: OldTraceToLogs;
    readonly tracesToLogsV2?: TraceToOther;
    readonly tracesToMetrics?: TraceToOther;
    readonly serviceMap?: { readonly datasourceUid: string };
    readonly nodeGraph?: { readonly enabled: boolean };
    readonly streamingEnabled?: { readonly search: boolean; readonly metrics: boolean };
    readonly alertmanagerUid?: string;
    readonly [key: string]: unknown;
  };
  readonly correlations?: readonly Correlation[];
}

/** `$$` is a dollar; a single one would be a variable of Grafana's environment, and is an error here. */
function unescaped(value: unknown, where: string): unknown {
  if (typeof value === 'string') {
    assert.doesNotMatch(value, /(?<!\$)(?:\$\$)*\$(?!\$)/, `${where}: a single $`);
    return value.replaceAll('$$', () => '$');
  }
  if (Array.isArray(value)) return value.map((item, i) => unescaped(item, `${where}.${i}`));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, unescaped(v, `${where}.${k}`)]));
}

export function readDatasources(file: string): readonly Datasource[] {
  const { apiVersion, datasources } = parse(readFileSync(file, 'utf8'));
  assert.equal(apiVersion, 1);
  return unescaped(datasources, file) as Datasource[];
}

/** Every uid that the data source refers to, with the key that has it. */
export function referencesOf(value: unknown, key = ''): readonly (readonly [key: string, uid: string])[] {
  if (typeof value === 'string')
    return /^(datasourceUid|targetUID|alertmanagerUid)$/.test(key) ? [[key, value]] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([k, v]) => referencesOf(v, k));
}

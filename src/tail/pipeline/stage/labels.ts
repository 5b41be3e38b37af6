/** Stages that change labels: from extracted values, from the configuration, by name; and the tenant. */

import type { TailEntry } from '../entry.ts';
import type { NamedSources, TenantStageConfig } from '../stage-config.ts';
import { textOf } from './extracted.ts';
import type { EntryStep } from './stage.ts';

function forEachText(
  entry: TailEntry,
  labels: NamedSources,
  take: (name: string, text: string) => void,
): void {
  for (const [name, source] of labels) {
    const text = textOf(entry.extracted.get(source));
    if (text !== undefined) take(name, text);
  }
}

export function compileLabels(labels: NamedSources): EntryStep {
  return (entry) => {
    forEachText(entry, labels, (name, text) => entry.labels.set(name, text));
    return true;
  };
}

/** A label of the source's name wins over the extracted value, and is a label no longer. */
export function compileStructuredMetadata(labels: NamedSources): EntryStep {
  return (entry) => {
    forEachText(entry, labels, (name, text) => entry.metadata.set(name, text));
    for (const [name, source] of labels) {
      const label = entry.labels.get(source);
      if (label !== undefined) entry.metadata.set(name, label);
    }
    for (const [, source] of labels) entry.labels.delete(source);
    return true;
  };
}

export function compileStaticLabels(labels: NamedSources): EntryStep {
  return (entry) => {
    for (const [name, value] of labels) if (value !== '') entry.labels.set(name, value);
    return true;
  };
}

export function compileLabelDrop(names: readonly string[]): EntryStep {
  return (entry) => {
    for (const name of names) entry.labels.delete(name);
    return true;
  };
}

export function compileLabelAllow(names: readonly string[]): EntryStep {
  const allowed = new Set(names);
  return (entry) => {
    for (const name of [...entry.labels.keys()]) if (!allowed.has(name)) entry.labels.delete(name);
    return true;
  };
}

/** An empty tenant is none. */
export function compileTenant({ source, label, value }: TenantStageConfig): EntryStep {
  return (entry) => {
    const tenant =
      value ?? (label !== undefined ? entry.labels.get(label) : textOf(entry.extracted.get(source ?? '')));
    if (tenant !== undefined && tenant !== '') entry.tenant = tenant;
    return true;
  };
}

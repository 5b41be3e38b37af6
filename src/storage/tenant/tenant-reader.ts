/**
 * Reading for tenants: what `StorageReader` is to everybody, narrowed to what a set of tenants may see. Every question
 * gets the tenants' matcher before it is asked, every label set that comes out is put as they see it. Groups of spans
 * are narrowed as they come (`tenant-traces.ts`).
 */

import type { MetricMetadata } from '../../model/metadata.ts';
import { TENANT_LABEL } from '../../model/tenant.ts';
import type {
  EntrySelect,
  LabelQuery,
  LogReader,
  MetricReader,
  SeriesSelect,
  StorageReader,
  VolumeSink,
} from '../interface.ts';
import { TenantGroups, tenantTraceReader } from './tenant-traces.ts';
import { TenantView, tenantFamily } from './tenant-view.ts';

/** Sets of tenants whose readers are kept; with one more all are forgotten. */
const READERS_MAX = 64;

interface Known {
  readonly reader: StorageReader;
  readonly groups: TenantGroups;
}

/** Readers by tenants, over one that stays: what each has made of stored labels serves the next query. */
export class TenantReaders {
  readonly #storage: StorageReader;
  readonly #readers = new Map<string, Known>();
  #inUse: Known | undefined;

  constructor(storage: StorageReader) {
    this.#storage = storage;
  }

  /** For a job: the one before it has ended. */
  of(tenants: readonly string[]): StorageReader {
    this.#inUse?.groups.end();
    const key = tenants.join('|');
    let known = this.#readers.get(key);
    if (!known) {
      const groups = new TenantGroups(tenants);
      known = { reader: readerOf(this.#storage, tenants, groups), groups };
      if (this.#readers.size >= READERS_MAX) this.#readers.clear();
      this.#readers.set(key, known);
    }
    this.#inUse = known;
    return known.reader;
  }
}

export function tenantReader(storage: StorageReader, tenants: readonly string[]): StorageReader {
  return readerOf(storage, tenants, new TenantGroups(tenants));
}

function readerOf(storage: StorageReader, tenants: readonly string[], groups: TenantGroups): StorageReader {
  const view = new TenantView(tenants);
  return {
    metrics: tenantMetricReader(storage.metrics, view),
    logs: tenantLogReader(storage.logs, view),
    traces: tenantTraceReader(storage.traces, groups),
  };
}

/** Where nothing can match. */
const EMPTY_CURSOR = {
  nextBatch: async () => false,
  next: () => false,
  close: () => {},
};

function neverAsked(): never {
  throw new Error('BUG: asked of a cursor that is at nothing');
}

function tenantLogReader(logs: LogReader, view: TenantView): LogReader {
  return {
    async select(query: EntrySelect, signal: AbortSignal) {
      const matchers = view.matchers(query.matchers);
      if (!matchers) return { ...EMPTY_CURSOR, narrow: () => {}, labels: neverAsked, chunk: neverAsked };
      const cursor = await logs.select({ ...query, matchers }, signal);
      return {
        nextBatch: () => cursor.nextBatch(),
        next: () => cursor.next(),
        narrow: (range) => cursor.narrow(range),
        labels: () => view.labels(cursor.labels()),
        chunk: () => cursor.chunk(),
        close: () => cursor.close(),
      };
    },
    async volume(query, sink, signal) {
      const matchers = view.matchers(query.matchers);
      if (!matchers) return;
      const shown: VolumeSink = {
        add: (stream, bucket, entries, bytes) => sink.add(view.labels(stream), bucket, entries, bytes),
      };
      await logs.volume({ ...query, matchers }, shown, signal);
    },
    ...tenantLabels(logs, view),
  };
}

function tenantMetricReader(metrics: MetricReader, view: TenantView): MetricReader {
  return {
    async select(query: SeriesSelect, signal: AbortSignal) {
      const matchers = view.matchers(query.matchers);
      if (!matchers) return { ...EMPTY_CURSOR, labels: neverAsked, read: neverAsked };
      const cursor = await metrics.select({ ...query, matchers }, signal);
      return {
        nextBatch: () => cursor.nextBatch(),
        next: () => cursor.next(),
        labels: () => view.labels(cursor.labels()),
        read: (into) => cursor.read(into),
        close: () => cursor.close(),
      };
    },
    async exemplars(query) {
      const matcherSets = view.matcherSets(query.matcherSets);
      if (matcherSets.length === 0) return [];
      const found = await metrics.exemplars({ ...query, matcherSets });
      return found.map(({ labels, exemplars }) => ({ labels: view.labels(labels), exemplars }));
    },
    async metadata() {
      const all = new Map<string, MetricMetadata[]>();
      for (const [stored, list] of await metrics.metadata()) {
        const { tenant, family } = tenantFamily(stored);
        if (view.tenants.includes(tenant)) all.set(family, [...(all.get(family) ?? []), ...list]);
      }
      return all;
    },
    ...tenantLabels(metrics, view),
  };
}

type LabelReader = Pick<MetricReader, 'series' | 'labelNames' | 'labelValues'>;

/** The look-ups of labels, which metrics and logs have in common. */
function tenantLabels(reader: LabelReader, view: TenantView): LabelReader {
  /** A query without any set means everything: one of which no set is left must not be asked. */
  const narrowed = <Q extends LabelQuery>(query: Q): Q | undefined => {
    const matcherSets = view.matcherSets(query.matcherSets);
    return matcherSets.length === 0 ? undefined : { ...query, matcherSets };
  };
  return {
    async series(query) {
      const asked = narrowed(query);
      return asked ? (await reader.series(asked)).map((labels) => view.labels(labels)) : [];
    },
    async labelNames(query) {
      const asked = narrowed(query);
      return view.names(asked ? await reader.labelNames(asked) : []);
    },
    async labelValues(name, query) {
      // As for Loki these are the tenants that are asked for, whether they have data or not.
      if (name === TENANT_LABEL) return [...view.tenants];
      const asked = narrowed(query);
      return asked ? reader.labelValues(view.storedName(name), asked) : [];
    },
  };
}

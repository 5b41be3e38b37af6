/**
 * The service graph: who calls whom, how often, how long it takes and how often it fails, under Tempo's names
 * (docs/derived-metrics.md). A call is an edge of two spans, the client's (or producer's) and the server's (consumer's), of
 * which the second has the first as its parent:
 *
 *   1. Each half waits under the trace's id and the client's span id until the other comes (`edge-table.ts`).
 *   2. A client's half that names a database is whole by itself.
 *   3. A half that waited too long is a call from or to something that sends no spans, where it says what that is: a
 *      server span without a parent was called by a user or its peer, a client span called its peer.
 *
 * The key of an edge's label set:  word connection │ client │ server │ a text per dimension and side
 */

import { utf8Encode } from '../base/bytes.ts';
import { Labels } from '../model/labels.ts';
import { AttributeLookup } from './attribute-lookup.ts';
import type { DeriveCounts } from './derive-counts.ts';
import { CONNECTION, CONNECTION_TEXTS, EDGE_KEY_BYTES, EdgeTable } from './edge-table.ts';
import { ExpiringKeys } from './expiring-keys.ts';
import { LabelKey, LabelKeyReader } from './label-key.ts';
import { cut, sanitize } from './label-names.ts';
import type { ResourceFacts } from './resources.ts';
import { SeriesGroup } from './series-group.ts';
import type { MetricsGeneratorSettings, ServiceGraphSettings } from './settings.ts';
import { compileFilter, type SpanFilter } from './span-filter.ts';
import type { GroupParts } from './span-metrics.ts';
import { compileMultiplier, type SpanMultiplier } from './span-multiplier.ts';
import { KIND, type SpanScan, STATUS_ERROR, secondsBetween } from './span-scan.ts';
import type { WantedKeys } from './wanted-keys.ts';

const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
const VIRTUAL_NODE = 'virtual_node';
const COLON = utf8Encode(':');
const USER = utf8Encode('user');
const SIDE_TEXTS = { client: utf8Encode('client'), server: utf8Encode('server') };

/** Texts of an edge; those of dimensions follow. */
const FIELD = { client: 0, server: 1, peer: 2, virtualNode: 3, dimensions: 4 } as const;
const COUNTER = { requests: 0, failed: 1 } as const;

/** A dimension: the attribute, and per side the label and the text of the edge that is its value. */
interface Dimension {
  readonly id: number;
  readonly client: { readonly label: string; readonly field: number };
  readonly server: { readonly label: string; readonly field: number };
}

export class ServiceGraph {
  readonly #settings: ServiceGraphSettings;
  readonly #filter: SpanFilter | undefined;
  readonly #multiplier: SpanMultiplier | undefined;
  readonly #peers: readonly number[];
  readonly #databases: readonly number[];
  /** Attributes that name a database before its own name does. */
  readonly #addresses: readonly number[];
  readonly #peerAddress: number;
  readonly #peerPort: number;
  readonly #dimensions: readonly Dimension[];
  readonly #edges: EdgeTable;
  /** Sides that a policy left out, so that the other does not wait for them. */
  readonly #filteredSides = new ExpiringKeys();
  readonly #edgeKey = new Uint8Array(EDGE_KEY_BYTES);
  readonly #key: LabelKey;
  readonly #lookup = new AttributeLookup();
  readonly #group: SeriesGroup;
  readonly #hasRequests: boolean;
  readonly #hasInfo: boolean;
  /** Numbers of the histograms; -1 where there is none. */
  readonly #server: number;
  readonly #client: number;
  readonly #messaging: number;
  readonly #counts: DeriveCounts;

  constructor(
    settings: MetricsGeneratorSettings,
    wanted: WantedKeys,
    parts: GroupParts,
    counts: DeriveCounts,
  ) {
    const own = settings.serviceGraphs;
    this.#counts = counts;
    this.#settings = own;
    this.#filter = compileFilter(own.filterPolicies, wanted);
    this.#multiplier = compileMultiplier(own.spanMultiplierKey, wanted);
    this.#peers = own.peerAttributes.map((key) => wanted.id(key));
    this.#databases = own.databaseNameAttributes.map((key) => wanted.id(key));
    this.#peerAddress = wanted.id('network.peer.address');
    this.#addresses = [wanted.id('peer.service'), wanted.id('server.address'), this.#peerAddress];
    this.#peerPort = wanted.id('network.peer.port');
    this.#dimensions = dimensionsOf(settings, wanted);
    const fields = FIELD.dimensions + this.#dimensions.length * (own.enableClientServerPrefix ? 2 : 1);
    this.#edges = new EdgeTable(fields);
    this.#key = new LabelKey(settings.labelValueMaxBytes);
    const has = (part: 'request' | 'latency' | 'connection-info') =>
      settings.processors.includes(`service-graphs-${part}`);
    const all = settings.processors.includes('service-graphs');
    this.#hasRequests = all || has('request');
    this.#hasInfo = has('connection-info');
    const histograms: string[] = [];
    const histogram = (name: string) => histograms.push(`traces_service_graph_request_${name}_seconds`) - 1;
    const hasLatency = all || has('latency');
    this.#server = hasLatency ? histogram('server') : -1;
    this.#client = hasLatency ? histogram('client') : -1;
    this.#messaging =
      hasLatency && own.enableMessagingSystemLatencyHistogram ? histogram('messaging_system') : -1;
    this.#group = new SeriesGroup({
      ...parts,
      counters: this.#hasRequests
        ? ['traces_service_graph_request_total', 'traces_service_graph_request_failed_total']
        : [],
      gauges: this.#hasInfo ? ['traces_service_graph_connection_info'] : [],
      histograms: histograms.map((name) => ({ name, bounds: own.histogramBuckets })),
      labelsOf: (bytes, start) => this.#labelsOf(new LabelKeyReader(bytes, start)),
    });
  }

  get groups(): readonly SeriesGroup[] {
    return [this.#group];
  }

  /** Halves that wait. */
  get waiting(): number {
    return this.#edges.size;
  }

  /** Takes the span that was scanned; `ids[at]` is where its trace's id stands. */
  take(scan: SpanScan, resource: ResourceFacts, ids: Uint8Array, at: number, nowMs: number): void {
    const { kind } = scan;
    const isClient = kind === KIND.client || kind === KIND.producer;
    if (!isClient && kind !== KIND.server && kind !== KIND.consumer) return;
    if (!resource.hasService) return;
    const key = this.#writeEdgeKey(scan, isClient, ids, at);
    if (this.#filter && !this.#filter(scan, resource)) {
      this.#counts.serviceGraphsFiltered++;
      this.#leaveOut(scan, isClient, nowMs);
      return;
    }
    const edges = this.#edges;
    let slot = edges.find(key);
    const isNew = slot < 0;
    if (isNew) {
      if (this.#filter && this.#filteredSides.has(key, isClient ? 0 : 1)) {
        this.#counts.droppedEdges++;
        return;
      }
      slot = edges.take(key, nowMs + this.#settings.waitMs);
    }
    if (isClient) this.#takeClient(slot, scan, resource);
    else this.#takeServer(slot, scan, resource);
    const isWhole = edges.hasText(slot, FIELD.client) && edges.hasText(slot, FIELD.server);
    if (!isNew) {
      if (!isWhole) return;
      this.#complete(slot, nowMs);
      edges.remove(slot);
    } else if (isWhole) {
      this.#counts.edges++;
      this.#complete(slot, nowMs);
      edges.release(slot);
    } else if (edges.size >= this.#settings.maxItems) {
      this.#counts.serviceGraphsFull++;
      edges.release(slot);
    } else {
      this.#counts.edges++;
      edges.wait(slot);
    }
  }

  #writeEdgeKey(scan: SpanScan, isClient: boolean, ids: Uint8Array, at: number): Uint8Array {
    const key = this.#edgeKey;
    for (let i = 0; i < TRACE_ID_BYTES; i++) key[i] = ids[at + i]!;
    const span = isClient ? scan.spanIdAt : scan.parentAt;
    for (let i = 0; i < SPAN_ID_BYTES; i++) key[TRACE_ID_BYTES + i] = span < 0 ? 0 : scan.bytes[span + i]!;
    return key;
  }

  #takeClient(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    const edges = this.#edges;
    const { service } = resource;
    edges.connection[slot] = scan.kind === KIND.producer ? CONNECTION.messaging : CONNECTION.unknown;
    edges.setText(slot, FIELD.client, service, 0, service.length);
    edges.clientSeconds[slot] = scan.seconds;
    edges.clientEndLow[slot] = scan.endLow;
    edges.clientEndHigh[slot] = scan.endHigh;
    this.#takeEither(slot, scan, resource, 'client');
    this.#takeDatabase(slot, scan, resource);
  }

  #takeServer(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    const edges = this.#edges;
    const { service } = resource;
    edges.connection[slot] = scan.kind === KIND.consumer ? CONNECTION.messaging : CONNECTION.unknown;
    edges.setText(slot, FIELD.server, service, 0, service.length);
    edges.serverSeconds[slot] = scan.seconds;
    edges.serverStartLow[slot] = scan.startLow;
    edges.serverStartHigh[slot] = scan.startHigh;
    this.#takeEither(slot, scan, resource, 'server');
  }

  #takeEither(slot: number, scan: SpanScan, resource: ResourceFacts, side: 'client' | 'server'): void {
    const edges = this.#edges;
    const { text } = this.#lookup;
    edges.kind[slot] = scan.kind;
    if (scan.status === STATUS_ERROR) edges.failed[slot] = 1;
    edges.multiplier[slot] = this.#multiplier ? this.#multiplier(scan, resource) : 1;
    for (const dimension of this.#dimensions) {
      if (!this.#lookup.anywhere(dimension.id, scan, resource)) continue;
      edges.setText(slot, dimension[side].field, text.bytes, text.from, text.to);
    }
    for (const id of this.#peers) {
      if (!this.#lookup.ofSpan(id, scan)) continue;
      edges.setText(slot, FIELD.peer, text.bytes, text.from, text.to);
      break;
    }
  }

  /** A call of a database, which is named by the first that is there: peer, address, the database's own name. */
  #takeDatabase(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    const lookup = this.#lookup;
    const edges = this.#edges;
    const name = this.#databases.find((id) => lookup.anywhere(id, scan, resource));
    if (name === undefined) return;
    edges.connection[slot] = CONNECTION.database;
    edges.serverSeconds[slot] = scan.seconds;
    const { text } = lookup;
    for (const id of this.#addresses) {
      if (!lookup.anywhere(id, scan, resource)) continue;
      edges.setText(slot, FIELD.server, text.bytes, text.from, text.to);
      if (id === this.#peerAddress && lookup.anywhere(this.#peerPort, scan, resource)) {
        edges.extendText(slot, FIELD.server, COLON, 0, COLON.length);
        edges.extendText(slot, FIELD.server, text.bytes, text.from, text.to);
      }
      return;
    }
    lookup.anywhere(name, scan, resource);
    if (!text.isEmpty) edges.setText(slot, FIELD.server, text.bytes, text.from, text.to);
  }

  /** Remembers a side that does not count, and lets go of the other where it waits already. */
  #leaveOut(scan: SpanScan, isClient: boolean, nowMs: number): void {
    if (!isClient && scan.parentAt < 0) return;
    const edges = this.#edges;
    const slot = edges.find(this.#edgeKey);
    if (slot >= 0 && edges.hasText(slot, FIELD.server) === isClient) {
      edges.remove(slot);
      this.#counts.droppedEdges++;
    }
    const { waitMs, maxItems } = this.#settings;
    this.#filteredSides.add(this.#edgeKey, isClient ? 1 : 0, nowMs + waitMs, maxItems);
  }

  // -------------------------------------------------------------------------------------------------- counting

  #complete(slot: number, nowMs: number): void {
    const edges = this.#edges;
    const group = this.#group;
    this.#writeKey(slot);
    const series = group.slotOf(this.#key);
    const multiplier = edges.multiplier[slot]!;
    if (this.#hasRequests) {
      group.add(series, COUNTER.requests, multiplier, nowMs);
      if (edges.failed[slot] === 1) group.add(series, COUNTER.failed, multiplier, nowMs);
    }
    const observe = (histogram: number, seconds: number) => {
      group.observe(series, histogram, seconds, multiplier, edges.keys, slot * EDGE_KEY_BYTES, nowMs);
    };
    if (this.#server >= 0) observe(this.#server, edges.serverSeconds[slot]!);
    if (this.#client >= 0) observe(this.#client, edges.clientSeconds[slot]!);
    if (this.#messaging >= 0 && edges.connection[slot] === CONNECTION.messaging) {
      const seconds = secondsBetween(
        edges.clientEndLow[slot]!,
        edges.clientEndHigh[slot]!,
        edges.serverStartLow[slot]!,
        edges.serverStartHigh[slot]!,
      );
      // Clocks that disagree say nothing of how long the message was under way.
      if (seconds > 0) observe(this.#messaging, seconds);
    }
    if (this.#hasInfo) group.mark(series, 0, nowMs);
    group.touch(series, nowMs);
  }

  #writeKey(slot: number): void {
    const edges = this.#edges;
    const key = this.#key;
    const texts = edges.texts(slot);
    key.reset();
    key.word(edges.connection[slot]!);
    const write = (field: number) => key.text(texts, edges.textFrom(slot, field), edges.textTo(slot, field));
    write(FIELD.client);
    write(FIELD.server);
    for (const { client, server } of this.#dimensions) {
      write(client.field);
      if (server.field !== client.field) write(server.field);
    }
    if (this.#settings.enableVirtualNodeLabel) write(FIELD.virtualNode);
  }

  /** In the order in which Tempo adds them: the last of equal names wins. */
  #labelsOf(key: LabelKeyReader): Labels {
    const connection = CONNECTION_TEXTS[key.word()]!;
    const pairs: [string, string][] = [
      ['client', key.text()],
      ['server', key.text()],
      ['connection_type', connection],
    ];
    for (const { client, server } of this.#dimensions) {
      pairs.push([client.label, key.text()]);
      if (server.field !== client.field) pairs.push([server.label, key.text()]);
    }
    if (this.#settings.enableVirtualNodeLabel) pairs.push([VIRTUAL_NODE, key.text()]);
    return Labels.from(pairs);
  }

  // -------------------------------------------------------------------------------------------------- expiring

  /** Ends the waiting of all halves whose time is over. */
  expire(nowMs: number): void {
    const edges = this.#edges;
    for (let slot = edges.oldest; slot >= 0 && edges.expiresMs[slot]! <= nowMs; slot = edges.oldest) {
      this.#expire(slot, nowMs);
      edges.remove(slot);
    }
    this.#filteredSides.expire(nowMs);
  }

  #expire(slot: number, nowMs: number): void {
    const edges = this.#edges;
    edges.connection[slot] = CONNECTION.virtual;
    const hasPeer = edges.hasText(slot, FIELD.peer);
    if (!edges.hasText(slot, FIELD.client)) {
      if (this.#isRoot(slot)) {
        if (hasPeer) this.#peerAs(slot, FIELD.client);
        else edges.setText(slot, FIELD.client, USER, 0, USER.length);
        this.#completeVirtual(slot, SIDE_TEXTS.client, nowMs);
        return;
      }
    } else if (!edges.hasText(slot, FIELD.server) && hasPeer) {
      this.#peerAs(slot, FIELD.server);
      this.#completeVirtual(slot, SIDE_TEXTS.server, nowMs);
      return;
    }
    const kind = edges.kind[slot];
    if (kind === KIND.client || kind === KIND.producer) this.#counts.expiredClient++;
    else this.#counts.expiredServer++;
  }

  #isRoot(slot: number): boolean {
    const at = slot * EDGE_KEY_BYTES + TRACE_ID_BYTES;
    for (let i = 0; i < SPAN_ID_BYTES; i++) if (this.#edges.keys[at + i] !== 0) return false;
    return true;
  }

  #peerAs(slot: number, field: number): void {
    const edges = this.#edges;
    edges.setText(
      slot,
      field,
      edges.texts(slot),
      edges.textFrom(slot, FIELD.peer),
      edges.textTo(slot, FIELD.peer),
    );
  }

  #completeVirtual(slot: number, side: Uint8Array, nowMs: number): void {
    if (this.#settings.enableVirtualNodeLabel) {
      this.#edges.setText(slot, FIELD.virtualNode, side, 0, side.length);
    }
    this.#complete(slot, nowMs);
  }
}

/** With the prefix a dimension is two labels, without it whichever side said it last. */
function dimensionsOf(settings: MetricsGeneratorSettings, wanted: WantedKeys): Dimension[] {
  const { dimensions, enableClientServerPrefix } = settings.serviceGraphs;
  const labelOf = (name: string) => cut(sanitize(name), settings.labelNameMaxBytes);
  let field: number = FIELD.dimensions;
  return dimensions.map((name) => {
    const id = wanted.id(name);
    if (!enableClientServerPrefix) {
      const both = { label: labelOf(name), field: field++ };
      return { id, client: both, server: both };
    }
    return {
      id,
      client: { label: labelOf(`client_${name}`), field: field++ },
      server: { label: labelOf(`server_${name}`), field: field++ },
    };
  });
}

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
 * The key of an edge's label set:  words connection, client, server │ a text for each that is no service │ a text per
 * dimension and side
 */

import { utf8Decode, utf8Encode } from '../base/bytes.ts';
import { Labels } from '../model/labels.ts';
import { AttributeLookup } from './attribute-lookup.ts';
import type { DeriveCounts } from './derive-counts.ts';
import { type Dimension, dimensionsOf, FIELD } from './edge-fields.ts';
import { EdgePeers } from './edge-peers.ts';
import {
  AS_TEXT,
  CONNECTION_MESSAGING,
  CONNECTION_TEXTS,
  CONNECTION_UNKNOWN,
  CONNECTION_VIRTUAL,
  EDGE_CLIENT,
  EDGE_CLIENT_END,
  EDGE_CLIENT_SECONDS,
  EDGE_CONNECTION,
  EDGE_EXPIRES_MS,
  EDGE_FAILED,
  EDGE_KIND,
  EDGE_MULTIPLIER,
  EDGE_SERVER,
  EDGE_SERVER_SECONDS,
  EDGE_SERVER_START,
  EdgeTable,
} from './edge-table.ts';
import { ExpiringKeys } from './expiring-keys.ts';
import { LabelKey, LabelKeyReader } from './label-key.ts';
import { cut } from './label-names.ts';
import type { ResourceFacts } from './resources.ts';
import { SeriesGroup } from './series-group.ts';
import type { MetricsGeneratorSettings, ServiceGraphSettings } from './settings.ts';
import { compileFilter, type SpanFilter } from './span-filter.ts';
import type { GroupParts } from './span-metrics.ts';
import { compileMultiplier, type SpanMultiplier } from './span-multiplier.ts';
import {
  KIND_CLIENT,
  KIND_CONSUMER,
  KIND_PRODUCER,
  KIND_SERVER,
  type SpanScan,
  STATUS_ERROR,
  secondsBetween,
} from './span-scan.ts';
import type { WantedKeys } from './wanted-keys.ts';

const TRACE_ID_WORDS = 4;
const VIRTUAL_NODE = 'virtual_node';
const USER = utf8Encode('user');
const SIDE_TEXTS = { client: utf8Encode('client'), server: utf8Encode('server') };

const SIDE = { server: 0, client: 1 } as const;
const COUNTER = { requests: 0, failed: 1 } as const;

export class ServiceGraph {
  readonly #settings: ServiceGraphSettings;
  readonly #filter: SpanFilter | undefined;
  readonly #multiplier: SpanMultiplier | undefined;
  readonly #peers: EdgePeers;
  readonly #dimensions: readonly Dimension[];
  readonly #edges: EdgeTable;
  /** Sides that a policy left out, so that the other does not wait for them. */
  readonly #filteredSides = new ExpiringKeys();
  /** By slot the resources that the two sides' services are named by. */
  readonly #clients: (ResourceFacts | undefined)[] = [];
  readonly #servers: (ResourceFacts | undefined)[] = [];
  /** The edge whose series are being found. */
  #slot = 0;
  readonly #valueMaxBytes: number;
  readonly #hasPrefix: boolean;
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
    this.#dimensions = dimensionsOf(settings, wanted);
    const fields = FIELD.dimensions + this.#dimensions.length * (own.enableClientServerPrefix ? 2 : 1);
    this.#edges = new EdgeTable(fields);
    this.#peers = new EdgePeers(own, wanted, this.#edges, this.#lookup);
    this.#key = new LabelKey(settings.labelValueMaxBytes);
    this.#valueMaxBytes = settings.labelValueMaxBytes;
    this.#hasPrefix = own.enableClientServerPrefix;
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
      labelsOf: (key) => this.#labelsOf(new LabelKeyReader(key)),
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
  take(scan: SpanScan, resource: ResourceFacts, ids: DataView, at: number, nowMs: number): void {
    const { kind } = scan;
    const isClient = kind === KIND_CLIENT || kind === KIND_PRODUCER;
    if (!isClient && kind !== KIND_SERVER && kind !== KIND_CONSUMER) return;
    if (!resource.hasService) return;
    const edges = this.#edges;
    this.#writeEdgeKey(scan, isClient, ids, at);
    if (this.#filter && !this.#filter(scan, resource)) {
      this.#counts.serviceGraphsFiltered++;
      this.#leaveOut(scan, isClient, nowMs);
      return;
    }
    let slot = edges.find();
    const isNew = slot < 0;
    if (isNew) {
      if (this.#filter && this.#filteredSides.has(edges.key, isClient ? SIDE.server : SIDE.client)) {
        this.#counts.droppedEdges++;
        return;
      }
      slot = edges.take(nowMs + this.#settings.waitMs);
    }
    if (isClient) this.#takeClient(slot, scan, resource);
    else this.#takeServer(slot, scan, resource);
    const row = edges.row(slot);
    const isWhole = edges.words[row + EDGE_CLIENT] !== 0 && edges.words[row + EDGE_SERVER] !== 0;
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

  #writeEdgeKey(scan: SpanScan, isClient: boolean, ids: DataView, at: number): void {
    const { keyWords } = this.#edges;
    for (let i = 0; i < TRACE_ID_WORDS; i++) keyWords[i] = ids.getUint32(at + 4 * i, true);
    const span = isClient ? scan.spanIdAt : scan.parentAt;
    keyWords[TRACE_ID_WORDS] = span < 0 ? 0 : scan.view.getUint32(span, true);
    keyWords[TRACE_ID_WORDS + 1] = span < 0 ? 0 : scan.view.getUint32(span + 4, true);
  }

  #takeClient(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    const edges = this.#edges;
    const row = edges.row(slot);
    const { words } = edges;
    words[row + EDGE_CONNECTION] = scan.kind === KIND_PRODUCER ? CONNECTION_MESSAGING : CONNECTION_UNKNOWN;
    words[row + EDGE_CLIENT] = resource.serviceNumber;
    this.#clients[slot] = resource;
    words[row + EDGE_CLIENT_END] = scan.endLow;
    words[row + EDGE_CLIENT_END + 1] = scan.endHigh;
    edges.numbers[row / 2 + EDGE_CLIENT_SECONDS] = scan.seconds;
    this.#takeEither(slot, scan, resource, true);
    this.#peers.takeDatabase(slot, scan, resource);
  }

  #takeServer(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    const edges = this.#edges;
    const row = edges.row(slot);
    const { words } = edges;
    words[row + EDGE_CONNECTION] = scan.kind === KIND_CONSUMER ? CONNECTION_MESSAGING : CONNECTION_UNKNOWN;
    words[row + EDGE_SERVER] = resource.serviceNumber;
    this.#servers[slot] = resource;
    words[row + EDGE_SERVER_START] = scan.startLow;
    words[row + EDGE_SERVER_START + 1] = scan.startHigh;
    edges.numbers[row / 2 + EDGE_SERVER_SECONDS] = scan.seconds;
    this.#takeEither(slot, scan, resource, false);
  }

  #takeEither(slot: number, scan: SpanScan, resource: ResourceFacts, isClient: boolean): void {
    const edges = this.#edges;
    const row = edges.row(slot);
    const { text } = this.#lookup;
    edges.words[row + EDGE_KIND] = scan.kind;
    if (scan.status === STATUS_ERROR) edges.words[row + EDGE_FAILED] = 1;
    if (this.#multiplier) {
      edges.numbers[row / 2 + EDGE_MULTIPLIER] = this.#multiplier(scan, resource);
    }
    for (const { id, client, server } of this.#dimensions) {
      if (!this.#lookup.anywhere(id, scan, resource)) continue;
      const { field } = isClient ? client : server;
      edges.setText(slot, field, text.bytes, text.from, text.to);
    }
    this.#peers.takePeer(slot, scan);
  }

  /** Remembers a side that does not count, and lets go of the other where it waits already. */
  #leaveOut(scan: SpanScan, isClient: boolean, nowMs: number): void {
    if (!isClient && scan.parentAt < 0) return;
    const edges = this.#edges;
    const slot = edges.find();
    if (slot >= 0 && (edges.words[edges.row(slot) + EDGE_SERVER] !== 0) === isClient) {
      edges.remove(slot);
      this.#counts.droppedEdges++;
    }
    const { waitMs, maxItems } = this.#settings;
    const side = isClient ? SIDE.client : SIDE.server;
    this.#filteredSides.add(edges.key, side, nowMs + waitMs, maxItems);
  }

  // -------------------------------------------------------------------------------------------------- counting

  #complete(slot: number, nowMs: number): void {
    const edges = this.#edges;
    const group = this.#group;
    const row = edges.row(slot);
    const numbers = row / 2;
    this.#writeKey(slot);
    const series = group.slotOf(this.#key);
    const multiplier = edges.numbers[numbers + EDGE_MULTIPLIER]!;
    if (this.#hasRequests) {
      group.add(series, COUNTER.requests, multiplier, nowMs);
      if (edges.words[row + EDGE_FAILED] === 1) group.add(series, COUNTER.failed, multiplier, nowMs);
    }
    if (this.#server >= 0) {
      const { bytes } = edges;
      const server = edges.numbers[numbers + EDGE_SERVER_SECONDS]!;
      const client = edges.numbers[numbers + EDGE_CLIENT_SECONDS]!;
      group.observe(series, this.#server, server, multiplier, bytes, 4 * row, nowMs);
      group.observe(series, this.#client, client, multiplier, bytes, 4 * row, nowMs);
      if (this.#messaging >= 0 && edges.words[row + EDGE_CONNECTION] === CONNECTION_MESSAGING) {
        // Clocks that disagree say nothing of how long the message was under way.
        const seconds = this.#messageSeconds(row);
        if (seconds > 0) group.observe(series, this.#messaging, seconds, multiplier, bytes, 4 * row, nowMs);
      }
    }
    if (this.#hasInfo) group.mark(series, 0, nowMs);
    group.touch(series, nowMs);
  }

  #messageSeconds(row: number): number {
    const { words } = this.#edges;
    return secondsBetween(
      words[row + EDGE_CLIENT_END]!,
      words[row + EDGE_CLIENT_END + 1]!,
      words[row + EDGE_SERVER_START]!,
      words[row + EDGE_SERVER_START + 1]!,
    );
  }

  #writeKey(slot: number): void {
    const edges = this.#edges;
    const row = edges.row(slot);
    const key = this.#key;
    this.#slot = slot;
    key.reset();
    key.word(edges.words[row + EDGE_CONNECTION]!);
    const client = edges.words[row + EDGE_CLIENT]!;
    const server = edges.words[row + EDGE_SERVER]!;
    key.word(client);
    key.word(server);
    if (client === AS_TEXT) this.#writeText(slot, FIELD.client);
    if (server === AS_TEXT) this.#writeText(slot, FIELD.server);
    for (const dimension of this.#dimensions) {
      this.#writeText(slot, dimension.client.field);
      if (this.#hasPrefix) this.#writeText(slot, dimension.server.field);
    }
    if (this.#settings.enableVirtualNodeLabel) this.#writeText(slot, FIELD.virtualNode);
  }

  #writeText(slot: number, field: number): void {
    const edges = this.#edges;
    const n = edges.textBytes(slot, field);
    if (n === 0) this.#key.word(0);
    else {
      const from = edges.textFrom(slot, field);
      this.#key.text(edges.texts(slot), from, from + n);
    }
  }

  /** In the order in which Tempo adds them: the last of equal names wins. */
  #labelsOf(key: LabelKeyReader): Labels {
    const connection = CONNECTION_TEXTS[key.word()]!;
    const client = key.word() >>> 0;
    const server = key.word() >>> 0;
    const nameOf = (number: number, facts: ResourceFacts | undefined) =>
      number === AS_TEXT ? key.text() : cut(utf8Decode(facts!.service), this.#valueMaxBytes);
    const pairs: [string, string][] = [
      ['client', nameOf(client, this.#clients[this.#slot])],
      ['server', nameOf(server, this.#servers[this.#slot])],
      ['connection_type', connection],
    ];
    for (const dimension of this.#dimensions) {
      pairs.push([dimension.client.label, key.text()]);
      if (this.#hasPrefix) pairs.push([dimension.server.label, key.text()]);
    }
    if (this.#settings.enableVirtualNodeLabel) pairs.push([VIRTUAL_NODE, key.text()]);
    return Labels.from(pairs);
  }

  // -------------------------------------------------------------------------------------------------- expiring

  /** Ends the waiting of all halves whose time is over. */
  expire(nowMs: number): void {
    const edges = this.#edges;
    for (let slot = edges.oldest; slot >= 0; slot = edges.oldest) {
      if (edges.numbers[edges.row(slot) / 2 + EDGE_EXPIRES_MS]! > nowMs) break;
      this.#expire(slot, nowMs);
      edges.remove(slot);
    }
    this.#filteredSides.expire(nowMs);
  }

  #expire(slot: number, nowMs: number): void {
    const edges = this.#edges;
    const { words } = edges;
    const row = edges.row(slot);
    words[row + EDGE_CONNECTION] = CONNECTION_VIRTUAL;
    const hasPeer = edges.textBytes(slot, FIELD.peer) > 0;
    if (words[row + EDGE_CLIENT] === 0) {
      if (this.#isRoot(row)) {
        if (hasPeer) this.#peerAs(slot, FIELD.client);
        else edges.setText(slot, FIELD.client, USER, 0, USER.length);
        words[row + EDGE_CLIENT] = AS_TEXT;
        this.#completeVirtual(slot, SIDE_TEXTS.client, nowMs);
        return;
      }
    } else if (words[row + EDGE_SERVER] === 0 && hasPeer) {
      this.#peerAs(slot, FIELD.server);
      words[row + EDGE_SERVER] = AS_TEXT;
      this.#completeVirtual(slot, SIDE_TEXTS.server, nowMs);
      return;
    }
    const kind = words[row + EDGE_KIND];
    if (kind === KIND_CLIENT || kind === KIND_PRODUCER) this.#counts.expiredClient++;
    else this.#counts.expiredServer++;
  }

  #isRoot(row: number): boolean {
    const { words } = this.#edges;
    return words[row + TRACE_ID_WORDS] === 0 && words[row + TRACE_ID_WORDS + 1] === 0;
  }

  #peerAs(slot: number, field: number): void {
    const edges = this.#edges;
    const from = edges.textFrom(slot, FIELD.peer);
    edges.setText(slot, field, edges.texts(slot), from, from + edges.textBytes(slot, FIELD.peer));
  }

  #completeVirtual(slot: number, side: Uint8Array, nowMs: number): void {
    if (this.#settings.enableVirtualNodeLabel) {
      this.#edges.setText(slot, FIELD.virtualNode, side, 0, side.length);
    }
    this.#complete(slot, nowMs);
  }
}

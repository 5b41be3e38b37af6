/**
 * What a call is made to or from that sends no spans: the peer that a span names, which counts when nothing else is
 * known of the other side, and the database that a client's span calls, which is known at once.
 */

import { utf8Encode } from '../base/bytes.ts';
import type { AttributeLookup } from './attribute-lookup.ts';
import { FIELD } from './edge-fields.ts';
import {
  AS_TEXT,
  CONNECTION_DATABASE,
  EDGE_CONNECTION,
  EDGE_SERVER,
  EDGE_SERVER_SECONDS,
  type EdgeTable,
} from './edge-table.ts';
import type { ResourceFacts } from './resources.ts';
import type { ServiceGraphSettings } from './settings.ts';
import type { SpanScan } from './span-scan.ts';
import { maskOf, type WantedKeys } from './wanted-keys.ts';

const COLON = utf8Encode(':');

export class EdgePeers {
  readonly #edges: EdgeTable;
  readonly #lookup: AttributeLookup;
  readonly #peers: readonly number[];
  readonly #peerMask: number;
  readonly #databases: readonly number[];
  readonly #databaseMask: number;
  /** Attributes that name a database before its own name does. */
  readonly #addresses: readonly number[];
  readonly #peerAddress: number;
  readonly #peerPort: number;

  constructor(settings: ServiceGraphSettings, wanted: WantedKeys, edges: EdgeTable, lookup: AttributeLookup) {
    this.#edges = edges;
    this.#lookup = lookup;
    this.#peers = settings.peerAttributes.map((key) => wanted.id(key));
    this.#peerMask = maskOf(this.#peers);
    this.#databases = settings.databaseNameAttributes.map((key) => wanted.id(key));
    this.#databaseMask = maskOf(this.#databases);
    this.#peerAddress = wanted.id('network.peer.address');
    this.#peerPort = wanted.id('network.peer.port');
    this.#addresses = [wanted.id('peer.service'), wanted.id('server.address'), this.#peerAddress];
  }

  takePeer(slot: number, scan: SpanScan): void {
    if ((scan.found & this.#peerMask) === 0) return;
    const { text } = this.#lookup;
    for (const id of this.#peers) {
      if (!this.#lookup.ofSpan(id, scan)) continue;
      this.#edges.setText(slot, FIELD.peer, text.bytes, text.from, text.to);
      return;
    }
  }

  /** A call of a database, which is named by the first that is there: peer, address, the database's own name. */
  takeDatabase(slot: number, scan: SpanScan, resource: ResourceFacts): void {
    if (((scan.found | resource.found) & this.#databaseMask) === 0) return;
    const lookup = this.#lookup;
    const edges = this.#edges;
    const name = this.#findDatabase(scan, resource);
    if (name < 0) return;
    const row = edges.row(slot);
    edges.words[row + EDGE_CONNECTION] = CONNECTION_DATABASE;
    edges.numbers[row / 2 + EDGE_SERVER_SECONDS] = scan.seconds;
    const { text } = lookup;
    for (const id of this.#addresses) {
      if (!lookup.anywhere(id, scan, resource)) continue;
      this.#setServer(slot);
      if (id === this.#peerAddress && lookup.anywhere(this.#peerPort, scan, resource)) {
        edges.words[row + EDGE_SERVER] = AS_TEXT;
        edges.extendText(slot, FIELD.server, COLON, 0, COLON.length);
        edges.extendText(slot, FIELD.server, text.bytes, text.from, text.to);
      }
      return;
    }
    lookup.anywhere(name, scan, resource);
    if (!text.isEmpty) this.#setServer(slot);
  }

  #findDatabase(scan: SpanScan, resource: ResourceFacts): number {
    for (const id of this.#databases) if (this.#lookup.anywhere(id, scan, resource)) return id;
    return -1;
  }

  /** The text that was looked up is the server, whatever was before; an empty one is none. */
  #setServer(slot: number): void {
    const edges = this.#edges;
    const { text } = this.#lookup;
    edges.words[edges.row(slot) + EDGE_SERVER] = text.isEmpty ? 0 : AS_TEXT;
    edges.setText(slot, FIELD.server, text.bytes, text.from, text.to);
  }
}

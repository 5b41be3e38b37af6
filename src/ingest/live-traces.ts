/**
 * Traces of which something came lately, and how many bytes: a table of numbers, since trace IDs are what strangers choose. It
 * has two generations. What a trace brings puts it into the younger one, and after a minute, or when the younger is full, that
 * becomes the elder and what was elder is forgotten: a trace is remembered for one to two minutes after its last span, or
 * less where very many come.
 */

import { RecentMap } from '../base/recent-map.ts';
import { TRACE_ID_BYTES } from '../model/span.ts';

/** How long a generation is the younger one. */
const GENERATION_MS = 60_000;
/** Of one generation: 3 MB of slots twice as many. What is beyond makes the table forget sooner, never grow. */
const TRACES_MAX = 65_536;
const FIRST_SLOTS = 256;
const TENANTS_MAX = 4096;
/** Words of a slot: those of the trace ID, and the tenant's number, which is 0 in a free slot. */
const WORDS = TRACE_ID_BYTES / 4 + 1;
const TENANT_WORD = WORDS - 1;

/** How many traces of a tenant each generation has, those that went from the elder to the younger in the younger. */
interface TenantTraces {
  readonly number: number;
  generation: number;
  younger: number;
  elder: number;
}

export class LiveTraces {
  #younger = new TraceTable(FIRST_SLOTS);
  #elder = new TraceTable(FIRST_SLOTS);
  #generation = 1;
  #sinceMs = Number.NEGATIVE_INFINITY;
  #nextTenant = 1;
  readonly #tenants = new RecentMap<string, TenantTraces>(TENANTS_MAX);
  readonly #newTenant = (): TenantTraces => ({
    number: this.#nextTenant++,
    generation: this.#generation,
    younger: 0,
    elder: 0,
  });
  /** The trace's place, see `find`. */
  #slot = -1;

  /** What follows is of this tenant, at this time. */
  begin(tenant: string, nowMs: number): TenantTraces {
    // A clock that is set back begins anew.
    if (Math.abs(nowMs - this.#sinceMs) > GENERATION_MS) this.#turn(nowMs);
    return this.#current(this.#tenants.use(tenant, this.#newTenant));
  }

  #turn(nowMs: number): void {
    this.#elder = this.#younger;
    this.#younger = new TraceTable(FIRST_SLOTS);
    this.#generation++;
    this.#sinceMs = nowMs;
  }

  #current(tenant: TenantTraces): TenantTraces {
    const behind = this.#generation - tenant.generation;
    if (behind > 0) {
      tenant.elder = behind === 1 ? tenant.younger : 0;
      tenant.younger = 0;
      tenant.generation = this.#generation;
    }
    return tenant;
  }

  /** Traces of the tenant that are remembered. */
  count(tenant: TenantTraces): number {
    return tenant.younger + tenant.elder;
  }

  /** Looks the trace up whose ID begins at `at`; what is remembered of it goes to the younger generation. */
  find(tenant: TenantTraces, ids: Uint8Array, at: number): boolean {
    this.#slot = this.#younger.find(tenant.number, ids, at);
    if (this.#slot >= 0) return true;
    const before = this.#elder.find(tenant.number, ids, at);
    if (before < 0) return false;
    const bytes = this.#elder.bytes[before]!;
    this.#elder.bytes[before] = 0;
    tenant.elder--;
    this.add(tenant, ids, at, this.#sinceMs);
    this.#younger.bytes[this.#slot] = bytes;
    return true;
  }

  /** Adds the trace, which is not there; it is the one that is looked at. */
  add(tenant: TenantTraces, ids: Uint8Array, at: number, nowMs: number): void {
    if (this.#younger.size >= TRACES_MAX) {
      this.#turn(nowMs);
      this.#current(tenant);
    }
    this.#slot = this.#younger.add(tenant.number, ids, at);
    tenant.younger++;
  }

  /** Bytes of the trace that was found or added last. */
  get bytes(): number {
    return this.#younger.bytes[this.#slot]!;
  }

  set bytes(bytes: number) {
    this.#younger.bytes[this.#slot] = bytes;
  }
}

/** Open addressing; at most half of the slots are taken. Nothing is ever taken out. */
class TraceTable {
  size = 0;
  bytes: Float64Array;
  #words: Uint32Array;
  #mask: number;

  constructor(slots: number) {
    this.bytes = new Float64Array(slots);
    this.#words = new Uint32Array(slots * WORDS);
    this.#mask = slots - 1;
  }

  find(tenant: number, ids: Uint8Array, at: number): number {
    for (let slot = this.#first(tenant, ids, at); ; slot = (slot + 1) & this.#mask) {
      const word = slot * WORDS;
      const owner = this.#words[word + TENANT_WORD]!;
      if (owner === 0) return -1;
      if (owner === tenant && this.#has(word, ids, at)) return slot;
    }
  }

  add(tenant: number, ids: Uint8Array, at: number): number {
    if (2 * (this.size + 1) > this.#mask) this.#grow();
    this.size++;
    const slot = this.#free(this.#first(tenant, ids, at));
    const word = slot * WORDS;
    for (let i = 0; i < TENANT_WORD; i++) this.#words[word + i] = wordAt(ids, at + 4 * i);
    this.#words[word + TENANT_WORD] = tenant;
    return slot;
  }

  #has(word: number, ids: Uint8Array, at: number): boolean {
    for (let i = 0; i < TENANT_WORD; i++) if (this.#words[word + i] !== wordAt(ids, at + 4 * i)) return false;
    return true;
  }

  #free(slot: number): number {
    while (this.#words[slot * WORDS + TENANT_WORD] !== 0) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #first(tenant: number, ids: Uint8Array, at: number): number {
    let hash = tenant;
    for (let i = 0; i < TENANT_WORD; i++) hash = mixed(hash ^ wordAt(ids, at + 4 * i));
    return hash & this.#mask;
  }

  #grow(): void {
    const [words, bytes, slots] = [this.#words, this.bytes, this.#mask + 1];
    this.#words = new Uint32Array(2 * words.length);
    this.bytes = new Float64Array(2 * slots);
    this.#mask = 2 * slots - 1;
    for (let from = 0; from < slots; from++) {
      const word = from * WORDS;
      if (words[word + TENANT_WORD] === 0) continue;
      let hash = words[word + TENANT_WORD]!;
      for (let i = 0; i < TENANT_WORD; i++) hash = mixed(hash ^ words[word + i]!);
      const to = this.#free(hash & this.#mask);
      this.#words.set(words.subarray(word, word + WORDS), to * WORDS);
      this.bytes[to] = bytes[from]!;
    }
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

/** Of the process, so that nobody can choose IDs that fall on one slot. */
const SEED = Math.floor(Math.random() * 2 ** 32);

function mixed(word: number): number {
  let hash = Math.imul(word ^ SEED, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * What is known of resources, by their bytes: the service, and the texts of the attributes that are looked for. A sender
 * sends few resources again and again, so that each is read once.
 */

import { utf8Encode } from '../base/bytes.ts';
import { hashBytes } from '../base/hash.ts';
import { ProtoReader } from '../base/protobuf.ts';
import { anyValueText, readKeyValue } from './attribute-text.ts';
import { KeySlots } from './key-slots.ts';
import { maskOf, type WantedKeys } from './wanted-keys.ts';

/** With one more all are forgotten, and read again as they come. */
const RESOURCES_MAX = 4096;
const ATTRIBUTE = 10;

export interface ResourceAttribute {
  readonly key: string;
  readonly text: string;
}

export interface ResourceFacts {
  /** Of resources like this one; never another's. */
  readonly number: number;
  /** Of the service's name; the same for the same name mostly, and never another's. 0: it has none, or an empty one. */
  readonly serviceNumber: number;
  readonly attributes: readonly ResourceAttribute[];
  /** Whether there is a `service.name`, be it empty. */
  readonly hasService: boolean;
  readonly service: Uint8Array;
  /** Namespace and service, empty without a service. */
  readonly job: Uint8Array;
  readonly instance: Uint8Array;
  /** Of the wanted keys that it has, by `maskBit`. */
  readonly found: number;
  /** By wanted key: the label value and the AnyValue itself; undefined where the resource has none. */
  readonly texts: readonly (Uint8Array | undefined)[];
  readonly values: readonly (Uint8Array | undefined)[];
}

export class Resources {
  readonly #wanted: WantedKeys;
  #slots = new KeySlots();
  #facts: ResourceFacts[] = [];
  #next = 1;
  readonly #services = new Map<string, number>();

  /** `wanted` is complete. */
  constructor(wanted: WantedKeys) {
    this.#wanted = wanted;
  }

  of(bytes: Uint8Array, from: number, to: number): ResourceFacts {
    const hash = hashBytes(bytes, from, to);
    const slot = this.#slots.find(hash, bytes, from, to);
    if (slot >= 0) return this.#facts[slot]!;
    if (this.#slots.size >= RESOURCES_MAX) {
      this.#slots = new KeySlots();
      this.#facts = [];
    }
    const facts = this.#read(bytes, from, to);
    this.#facts[this.#slots.add(hash, bytes, from, to)] = facts;
    return facts;
  }

  #read(bytes: Uint8Array, from: number, to: number): ResourceFacts {
    const attributes: ResourceAttribute[] = [];
    const texts: (Uint8Array | undefined)[] = new Array(this.#wanted.size).fill(undefined);
    const values: (Uint8Array | undefined)[] = new Array(this.#wanted.size).fill(undefined);
    const r = new ProtoReader(bytes, from, to);
    while (r.pos < r.end) {
      if (r.tag() !== ATTRIBUTE) {
        r.skip();
        continue;
      }
      r.range();
      const { key, valueFrom, valueTo } = readKeyValue(bytes, r.from, r.to);
      const text = anyValueText(bytes, valueFrom, valueTo);
      attributes.push({ key, text });
      const utf8 = utf8Encode(key);
      const id = this.#wanted.find(utf8, 0, utf8.length);
      if (id < 0 || texts[id]) continue;
      texts[id] = utf8Encode(text);
      values[id] = bytes.slice(valueFrom, valueTo);
    }
    // The first of a key counts.
    const first = (key: string) => attributes.find((a) => a.key === key)?.text;
    const service = first('service.name');
    const namespace = first('service.namespace') ?? '';
    const job = service ? (namespace === '' ? service : `${namespace}/${service}`) : '';
    return {
      number: this.#next++,
      serviceNumber: service ? this.#serviceNumber(service) : 0,
      attributes,
      hasService: service !== undefined,
      service: utf8Encode(service ?? ''),
      job: utf8Encode(job),
      instance: utf8Encode(first('service.instance.id') ?? ''),
      found: maskOf(texts.flatMap((text, id) => (text ? [id] : []))),
      texts,
      values,
    };
  }

  #serviceNumber(service: string): number {
    let number = this.#services.get(service);
    if (number === undefined) {
      if (this.#services.size >= RESOURCES_MAX) this.#services.clear();
      number = this.#next++;
      this.#services.set(service, number);
    }
    return number;
  }
}

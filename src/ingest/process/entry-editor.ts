/**
 * A batch of log entries while rules change it, entry by entry: new columns of metadata with a table of strings that has
 * nothing else, and the lines that changed behind the others.
 */

import { utf8Encode } from '../../base/bytes.ts';
import type { LogBatch } from '../../model/batch.ts';
import { compareText, type Labels } from '../../model/labels.ts';
import { DETECTED_LEVEL } from '../decode/detected-level.ts';
import { anyValueText } from '../decode/otlp-any-value.ts';
import { AttributeGroup } from './attribute-group.ts';
import { ENTRY_METADATA } from './group-kinds.ts';
import { Rewritten } from './rewritten.ts';
import type { ItemPlan } from './rule-set.ts';
import { levelAfter } from './stream-names.ts';

const UNKNOWN = 0;
const NO = 1;
const YES = 2;

/** By string number, whether a plan touches it: as a name, as a value. */
interface Touches {
  readonly plan: ItemPlan;
  readonly names: Uint8Array;
  readonly values: Uint8Array;
}

export class EntryEditor {
  readonly #batch: LogBatch;
  readonly #bytes: Buffer;
  readonly #lineStart: Uint32Array;
  readonly #lineEnd: Uint32Array;
  readonly #pairEnd: Uint32Array;
  #pairs: Uint32Array;
  #pairCount = 0;
  readonly #strings: string[] = [];
  /** Number of a string by its text, and plus 1 by its number in the batch. */
  readonly #numbers = new Map<string, number>();
  readonly #carried: Uint32Array;
  readonly #rewritten: Rewritten;
  #touches: Touches | undefined;
  readonly #touchesOf = new Map<ItemPlan, Touches>();
  #opened: AttributeGroup | undefined;

  constructor(batch: LogBatch) {
    this.#batch = batch;
    const { bytes, count } = batch;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#rewritten = new Rewritten(bytes);
    this.#lineStart = batch.lineStart.slice(0, count);
    this.#lineEnd = batch.lineEnd.slice(0, count);
    this.#pairEnd = new Uint32Array(count);
    this.#pairs = new Uint32Array(batch.pairs.length + 2);
    this.#carried = new Uint32Array(batch.strings.length);
  }

  /** The entry's metadata, for rules that are applied one after the other; `finish` takes it as it is then. */
  open(i: number): AttributeGroup {
    const { pairs, strings } = this.#batch;
    const group = new AttributeGroup(ENTRY_METADATA, [], []);
    for (let p = this.#pairStart(i); p < this.#batch.pairEnd[i]!; p += 2) {
      group.add(strings[pairs[p]!]!, { type: 'string', value: strings[pairs[p + 1]!]! });
    }
    this.#opened = group;
    return group;
  }

  /** The entry is not stored. */
  skip(i: number): void {
    this.#opened = undefined;
    this.#pairEnd[i] = this.#pairCount;
  }

  /** The entry under the rules that it met; `given` and `stored` are its stream before and after them. */
  finish(i: number, plan: ItemPlan, given: Labels, stored: Labels): void {
    let group = this.#opened;
    this.#opened = undefined;
    if (!group && (given !== stored || this.#isTouched(i, plan))) {
      group = this.open(i);
      for (const rule of plan.rules) rule.apply(group, 'item');
      this.#opened = undefined;
    }
    if (group) this.#write(i, group, given, stored);
    else this.#carry(i);
    this.#pairEnd[i] = this.#pairCount;
    if (plan.texts.length > 0) this.#line(i, plan);
  }

  /** All entries, those that were skipped without metadata. */
  result(): LogBatch {
    const { packed: _, ...batch } = this.#batch;
    return {
      ...batch,
      bytes: this.#rewritten.bytes(),
      lineStart: this.#lineStart,
      lineEnd: this.#lineEnd,
      pairEnd: this.#pairEnd,
      pairs: this.#pairs.subarray(0, this.#pairCount),
      strings: this.#strings,
    };
  }

  #pairStart(i: number): number {
    return i === 0 ? 0 : this.#batch.pairEnd[i - 1]!;
  }

  #isTouched(i: number, plan: ItemPlan): boolean {
    if (plan.rules.length === 0) return false;
    if (plan.setsItem) return true;
    const touches = this.#touchesBy(plan);
    const { pairs, strings } = this.#batch;
    for (let p = this.#pairStart(i); p < this.#batch.pairEnd[i]!; p += 2) {
      const [name, value] = [pairs[p]!, pairs[p + 1]!];
      if (touches.names[name] === UNKNOWN) {
        touches.names[name] = plan.touchesName(strings[name]!, ENTRY_METADATA.structural) ? YES : NO;
      }
      if (touches.names[name] === YES) return true;
      if (touches.values[value] === UNKNOWN) {
        const text = strings[value]!;
        touches.values[value] = plan.values.some((pattern) => pattern.replace(text) !== text) ? YES : NO;
      }
      if (touches.values[value] === YES) return true;
    }
    return false;
  }

  #touchesBy(plan: ItemPlan): Touches {
    if (this.#touches?.plan === plan) return this.#touches;
    let touches = this.#touchesOf.get(plan);
    if (!touches) {
      const n = this.#batch.strings.length;
      touches = { plan, names: new Uint8Array(n), values: new Uint8Array(n) };
      this.#touchesOf.set(plan, touches);
    }
    this.#touches = touches;
    return touches;
  }

  #carry(i: number): void {
    const { pairs, pairEnd, strings } = this.#batch;
    for (let p = this.#pairStart(i); p < pairEnd[i]!; p++) {
      const given = pairs[p]!;
      let carried = this.#carried[given]!;
      if (carried === 0) {
        carried = this.#number(strings[given]!) + 1;
        this.#carried[given] = carried;
      }
      this.#pair(carried - 1);
    }
  }

  #write(i: number, group: AttributeGroup, given: Labels, stored: Labels): void {
    const texts = new Map(group.keys.map((key, k) => [key, anyValueText(group.values[k]!)]));
    const level = texts.get(DETECTED_LEVEL);
    if (level) {
      texts.delete(DETECTED_LEVEL);
      const before = (name: string) =>
        given.get(name) || (name === DETECTED_LEVEL ? '' : this.#given(i, name));
      texts.set(
        DETECTED_LEVEL,
        levelAfter(level, before, (name) => stored.get(name) || (texts.get(name) ?? '')),
      );
    }
    for (const name of [...texts.keys()].sort(compareText)) {
      const text = texts.get(name)!;
      if (text === '') continue;
      this.#pair(this.#number(name));
      this.#pair(this.#number(text));
    }
  }

  #given(i: number, name: string): string {
    const { pairs, pairEnd, strings } = this.#batch;
    for (let p = this.#pairStart(i); p < pairEnd[i]!; p += 2) {
      if (strings[pairs[p]!] === name) return strings[pairs[p + 1]!]!;
    }
    return '';
  }

  #pair(number: number): void {
    if (this.#pairCount === this.#pairs.length) {
      const pairs = new Uint32Array(2 * this.#pairs.length);
      pairs.set(this.#pairs);
      this.#pairs = pairs;
    }
    this.#pairs[this.#pairCount++] = number;
  }

  #number(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) this.#numbers.set(text, (number = this.#strings.push(text) - 1));
    return number;
  }

  #line(i: number, plan: ItemPlan): void {
    const [from, to] = [this.#lineStart[i]!, this.#lineEnd[i]!];
    let given: string | undefined;
    let text = '';
    for (const pattern of plan.texts) {
      if (given === undefined) {
        if (!pattern.mayMatch(this.#bytes, from, to)) continue;
        given = this.#bytes.toString('utf8', from, to);
        text = given;
      }
      text = pattern.replace(text);
    }
    // What did not change keeps its bytes, be they UTF-8 or not.
    if (given === undefined || text === given) return;
    const line = utf8Encode(text);
    this.#lineStart[i] = this.#rewritten.add(line);
    this.#lineEnd[i] = this.#lineStart[i]! + line.length;
  }
}

/**
 * Binary operators on two vectors. Both sides are collected and grouped by match signature once; then
 *
 * 1. a signature with one column on the "one" side, where no two "many" columns give the same result labels, is
 *    a plain loop over numbers per column (nearly always);
 * 2. any other is walked step by step, because which element meets which may change from step to step.
 *
 * "Many" is the left side, but the right one with `one-to-many`. Errors follow what is there at a step: a side
 * that is empty at a step makes the step empty, without any check.
 */

import { TriliteError } from '../../model/errors.ts';
import type { Histogram } from '../../model/histogram.ts';

import type { Labels } from '../../model/labels.ts';
import type { Budget } from '../budget.ts';
import type { Annotations } from './annotations.ts';
import { type BinaryOptions, losesName, notesFor, writeHistogramResult } from './binary.ts';
import { clearColumn, createColumn } from './column.ts';
import { labelsText } from './labels-text.ts';
import type { Column, Operator, Sink, Steps } from './operator.ts';
import type { Notes } from './range/kernel.ts';
import { StepMatrix } from './step-matrix.ts';
import { type MatchGroup, matchGroups, resultLabels, type VectorMatching } from './vector-match.ts';

export interface VectorBinaryOptions extends BinaryOptions {
  readonly matching: VectorMatching;
}

/** A side of a match group seen as "many" or "one"; a fill column is not in it. */
interface Sides {
  readonly many: readonly Column[];
  readonly one: readonly Column[];
}

/** Two columns of a group that are both there at a step. */
interface Duplicate {
  readonly group: MatchGroup;
  readonly step: number;
  readonly first: Column;
  readonly second: Column;
}

function firstDuplicate(
  group: MatchGroup,
  columns: readonly Column[],
  active: Uint8Array,
): Duplicate | undefined {
  if (columns.length < 2) return undefined;
  for (let step = 0; step < active.length; step++) {
    if (active[step] === 0) continue;
    let first: Column | undefined;
    for (const second of columns) {
      if (second.present[step] === 0) continue;
      if (first !== undefined) return { group, step, first, second };
      first = second;
    }
  }
  return undefined;
}

/** The one at the earliest step, of those the one that shows first when all columns are walked in `order`. */
function firstOfAll(
  found: readonly (Duplicate | undefined)[],
  order: readonly Column[],
): Duplicate | undefined {
  let best: Duplicate | undefined;
  for (const d of found) {
    if (d === undefined) continue;
    const sooner = best === undefined || d.step < best.step;
    if (sooner || (d.step === best!.step && order.indexOf(d.second) < order.indexOf(best!.second))) best = d;
  }
  return best;
}

/** 1 at steps that are looked at: both sides are there, or `either` is. */
function activeSteps(left: StepMatrix, right: StepMatrix, either: boolean): Uint8Array {
  const active = left.presence();
  const other = right.presence();
  for (let i = 0; i < active.length; i++) {
    active[i] = either ? active[i]! | other[i]! : active[i]! & other[i]!;
  }
  return active;
}

export class VectorBinaryOperator implements Operator {
  readonly #left: Operator;
  readonly #right: Operator;
  readonly #steps: Steps;
  readonly #options: VectorBinaryOptions;
  readonly #notes: Notes;
  readonly #budget: Budget | undefined;
  /** Values that stand in for a missing element of the "many" and the "one" side. */
  readonly #fillMany: number | undefined;
  readonly #fillOne: number | undefined;

  constructor(
    left: Operator,
    right: Operator,
    steps: Steps,
    options: VectorBinaryOptions,
    annotations: Annotations,
    budget?: Budget,
  ) {
    this.#left = left;
    this.#right = right;
    this.#steps = steps;
    this.#options = options;
    this.#notes = notesFor(annotations, options.span);
    this.#budget = budget;
    // Upstream swaps the sides of group_right first: "left" is the many side there.
    this.#fillMany = options.matching.fillLeft;
    this.#fillOne = options.matching.fillRight;
  }

  async run(sink: Sink): Promise<void> {
    const n = this.#steps.count;
    const left = await StepMatrix.collect(this.#left, n, this.#budget);
    const right = await StepMatrix.collect(this.#right, n, this.#budget);
    const fills = this.#fillMany !== undefined || this.#fillOne !== undefined;
    const active = activeSteps(left, right, fills);
    const checked = activeSteps(left, right, fills || (this.#options.strictDuplicates ?? false));
    const groups = matchGroups(left.columns, right.columns, this.#options.matching);
    const swapped = this.#options.matching.card === 'one-to-many';
    const duplicate = firstOfAll(
      groups.map((group) => firstDuplicate(group, this.#sides(group).one, checked)),
      swapped ? left.columns : right.columns,
    );
    // What is wrong at a step before comes first.
    if (duplicate !== undefined) active.fill(0, duplicate.step);
    const scratch = createColumn(n);
    for (const group of groups) this.#runGroup(group, active, scratch, sink);
    if (duplicate !== undefined) throw this.#duplicateOnOneSide(duplicate);
    left.release();
    right.release();
  }

  /** The value that stands in for a missing element of a side of the text. */
  #fillOf(side: 'left' | 'right'): number | undefined {
    const isMany = (side === 'right') === (this.#options.matching.card === 'one-to-many');
    return isMany ? this.#fillMany : this.#fillOne;
  }

  #sides({ left, right }: MatchGroup): Sides {
    const swapped = this.#options.matching.card === 'one-to-many';
    return swapped ? { many: right, one: left } : { many: left, one: right };
  }

  /** Two elements of the "one" side share a signature at a step. */
  #duplicateOnOneSide({ group, first, second }: Duplicate): TriliteError {
    const side = this.#options.matching.card === 'one-to-many' ? 'left' : 'right';
    const series = [labelsText(first.labels), labelsText(second.labels)].sort().join(', ');
    return new TriliteError(
      'execution',
      `found duplicate series for the match group ${labelsText(group.labels)} on the ${side} hand-side of the operation: ` +
        `[${series}];many-to-many matching not allowed: matching labels must be unique on one side`,
    );
  }

  #runGroup(group: MatchGroup, active: Uint8Array, scratch: Column, sink: Sink): void {
    const sides = this.#sides(group);
    const plain = this.#fillMany === undefined && this.#fillOne === undefined;
    if (plain && (sides.many.length === 0 || sides.one.length === 0)) return;
    if (plain && sides.one.length === 1) {
      const labels = sides.many.map((many) => this.#labels(many.labels, sides.one[0]!.labels));
      const grouped = this.#options.matching.card !== 'one-to-one';
      if (labels.length === 1 || (grouped && new Set(labels.map((l) => l.key())).size === labels.length)) {
        for (let m = 0; m < labels.length; m++) {
          this.#runPair(sides.many[m]!, sides.one[0]!, labels[m]!, scratch);
          sink(scratch);
        }
        return;
      }
    }
    this.#runSteps(group, sides, active, sink);
  }

  #labels(many: Labels, one: Labels): Labels {
    // One-to-one matching reshapes the labels anyway; the name goes at once unless removal is delayed.
    const drop = losesName(this.#options) && (!this.#options.delayNameRemoval || !this.#options.returnBool);
    return resultLabels(many, one, this.#options.matching, drop);
  }

  #dropName(many: Column | undefined): boolean {
    if (!this.#options.delayNameRemoval) return false;
    return this.#options.returnBool || (many?.dropName ?? false);
  }

  /** Fast path: two columns that meet at every step. */
  #runPair(many: Column, one: Column, labels: Labels, out: Column): void {
    clearColumn(out);
    out.labels = labels;
    out.dropName = this.#dropName(many);
    const swapped = this.#options.matching.card === 'one-to-many';
    const left = swapped ? one : many;
    const right = swapped ? many : one;
    const { op, returnBool } = this.#options;
    const { float } = op;
    const lp = left.present;
    const rp = right.present;
    if (left.histograms !== undefined || right.histograms !== undefined || float === undefined) {
      for (let i = 0; i < lp.length; i++) if (lp[i] === 1 && rp[i] === 1) this.#element(out, i, left, right);
      return;
    }
    const lv = left.values;
    const rv = right.values;
    const { values, present } = out;
    if (!op.comparison || returnBool) {
      for (let i = 0; i < lp.length; i++) {
        if ((lp[i]! & rp[i]!) === 0) continue;
        values[i] = float(lv[i]!, rv[i]!);
        present[i] = 1;
      }
      return;
    }
    for (let i = 0; i < lp.length; i++) {
      if ((lp[i]! & rp[i]!) === 0 || float(lv[i]!, rv[i]!) === 0) continue;
      values[i] = lv[i]!;
      present[i] = 1;
    }
  }

  /** The result of two elements at step `i`; an undefined side is its fill value. */
  #element(out: Column, i: number, left: Column | undefined, right: Column | undefined): void {
    const { op, returnBool } = this.#options;
    const l: number | Histogram =
      left === undefined ? this.#fillOf('left')! : (left.histograms?.[i] ?? left.values[i]!);
    const r: number | Histogram =
      right === undefined ? this.#fillOf('right')! : (right.histograms?.[i] ?? right.values[i]!);
    if (typeof l !== 'number' || typeof r !== 'number' || op.float === undefined) {
      writeHistogramResult(out, i, l, r, this.#options, this.#notes);
      return;
    }
    const result = op.float(l, r);
    if (op.comparison && !returnBool && result === 0) return;
    out.values[i] = op.comparison && !returnBool ? l : result;
    out.present[i] = 1;
  }

  /** Slow path: step by step, with the errors of elements that cannot be told apart. */
  #runSteps(group: MatchGroup, sides: Sides, active: Uint8Array, sink: Sink): void {
    const swapped = this.#options.matching.card === 'one-to-many';
    const outputs = new Map<string, { column: Column; usedAt: number }>();
    for (let i = 0; i < active.length; i++) {
      if (active[i] === 0) continue;
      const one = sides.one.find((column) => column.present[i] === 1);
      if (one === undefined && this.#fillOne === undefined) continue;
      let met = false;
      for (const many of sides.many) {
        if (many.present[i] === 0) continue;
        if (this.#meet(outputs, i, met, many, one, many.labels, group.labels, swapped)) met = true;
      }
      if (!met && one !== undefined && this.#fillMany !== undefined) {
        this.#meet(outputs, i, false, undefined, one, group.labels, group.labels, swapped);
      }
    }
    for (const { column } of outputs.values()) sink(column);
  }

  #meet(
    outputs: Map<string, { column: Column; usedAt: number }>,
    i: number,
    metBefore: boolean,
    many: Column | undefined,
    one: Column | undefined,
    manyLabels: Labels,
    groupLabels: Labels,
    swapped: boolean,
  ): boolean {
    const [left, right] = swapped ? [one, many] : [many, one];
    if (!this.#goTogether(i, left, right)) return false;
    if (metBefore && this.#options.matching.card === 'one-to-one') {
      throw new TriliteError(
        'execution',
        'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)',
      );
    }
    const labels = this.#labels(manyLabels, one?.labels ?? groupLabels);
    const key = labels.key();
    let output = outputs.get(key);
    if (output === undefined) {
      output = { column: createColumn(this.#steps.count), usedAt: -1 };
      output.column.labels = labels;
      outputs.set(key, output);
    }
    if (output.usedAt === i) {
      throw new TriliteError(
        'execution',
        'multiple matches for labels: grouping labels must ensure unique matches',
      );
    }
    output.usedAt = i;
    if (this.#dropName(many ?? one)) output.column.dropName = true;
    this.#element(output.column, i, left, right);
    return true;
  }

  /** Whether the operator knows what to do with both; those that it does not know (with a note) never met. */
  #goTogether(i: number, left: Column | undefined, right: Column | undefined): boolean {
    const l = left?.histograms?.[i] ?? 0;
    const r = right?.histograms?.[i] ?? 0;
    const { op } = this.#options;
    if (l === 0 && r === 0 && op.float !== undefined) return true;
    return op.histogram?.(l, r, this.#notes) !== undefined;
  }
}

/**
 * A filter in braces, compiled. Most of it is decided over whole groups (`group-predicate.ts`). Where an operand
 * needs the whole trace (its duration, the tree), the group's mask is only an upper bound and the span is tested
 * again when its trace is together.
 */

import type { SpanGroup } from '../../model/span-group.ts';
import type { Binary, FieldExpression } from '../lang/traceql/ast.ts';
import { chain, compileLocal, intersect, type Local, lift, unite } from './group-predicate.ts';
import { compileValue, isTrue, needsTrace, type SpanCursor } from './read-value.ts';
import type { TraceView } from './trace-view.ts';

export class Filter {
  readonly #local: Local | undefined;
  readonly #constant: boolean | undefined;
  readonly #parts: readonly Filter[];
  readonly #join: '&&' | '||' | undefined;
  readonly #test: ((cursor: SpanCursor) => boolean) | undefined;
  /** Masks of groups, kept while the query runs. */
  readonly #masks = new Map<SpanGroup, Uint8Array>();

  constructor(expression: FieldExpression) {
    this.#constant =
      expression.kind === 'literal' ? expression.type === 'bool' && expression.value : undefined;
    this.#local =
      this.#constant === undefined && !needsTrace(expression) ? compileLocal(expression) : undefined;
    const joined = expression.kind === 'binary' && (expression.op === '&&' || expression.op === '||');
    if (this.#constant === undefined && this.#local === undefined && joined) {
      this.#join = (expression as Binary).op as '&&' | '||';
      this.#parts = splitByNeed(expression as Binary).map((part) => new Filter(part));
    } else {
      this.#parts = [];
      if (this.#constant === undefined && this.#local === undefined) {
        const read = compileValue(expression);
        this.#test = (cursor) => isTrue(read(cursor));
      }
    }
  }

  /** `true`: every span matches; `false`: none can. */
  get constant(): boolean | undefined {
    return this.#constant;
  }

  /** Rows that may match, a byte each; undefined where all may. */
  bound(group: SpanGroup): Uint8Array | undefined {
    if (this.#constant !== undefined) return this.#constant ? undefined : new Uint8Array(group.spanCount);
    if (this.#local) return this.#maskOf(group);
    if (this.#join === '&&') {
      const bounds = this.#parts.map((p) => p.bound(group)).filter((b) => b !== undefined);
      return bounds.length === 0 ? undefined : bounds.reduce(intersect);
    }
    if (this.#join === '||') {
      const bounds = this.#parts.map((p) => p.bound(group));
      return bounds.includes(undefined) ? undefined : (bounds as Uint8Array[]).reduce(unite);
    }
    return undefined;
  }

  /** Whether span `i` of the trace matches; `cursor` is scratch space. */
  matches(view: TraceView, i: number, cursor: SpanCursor): boolean {
    if (this.#constant !== undefined) return this.#constant;
    if (this.#local) return this.#maskOf(view.groups[i]!)[view.rows[i]!] === 1;
    if (this.#join === '&&') return this.#parts.every((p) => p.matches(view, i, cursor));
    if (this.#join === '||') return this.#parts.some((p) => p.matches(view, i, cursor));
    cursor.group = view.groups[i]!;
    cursor.row = view.rows[i]!;
    cursor.view = view;
    cursor.index = i;
    return this.#test!(cursor);
  }

  /** The group is not asked about again. */
  forget(group: SpanGroup): void {
    this.#masks.delete(group);
    for (const part of this.#parts) part.forget(group);
  }

  #maskOf(group: SpanGroup): Uint8Array {
    let mask = this.#masks.get(group);
    if (mask === undefined) {
      mask = lift(this.#local!, group, undefined);
      this.#masks.set(group, mask);
    }
    return mask;
  }
}

/** What finding candidates asks of a filter, whatever it is made of. */
export type GroupFilter = Pick<Filter, 'constant' | 'bound'>;

/** Operands of a chain of one operator, those that need no trace joined into one. */
function splitByNeed(node: Binary): FieldExpression[] {
  const operands = chain(node, node.op);
  const local = operands.filter((o) => !needsTrace(o));
  const rest = operands.filter(needsTrace);
  if (local.length === 0) return rest;
  const joined = local.reduce(
    (left, right): FieldExpression => ({ kind: 'binary', op: node.op, left, right, at: node.at }),
  );
  return [joined, ...rest];
}

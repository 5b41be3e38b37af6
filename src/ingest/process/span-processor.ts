/**
 * Rules before an intake of spans. A batch stays the bytes that came where no rule changes anything; what is rewritten stands
 * behind them, and only that is stored. A resource or scope that rules make different things of for different spans becomes
 * several; one that no span has any more goes.
 */

import { inSlices } from '../../base/slices.ts';
import type { SpanBatch } from '../../model/batch.ts';
import type { AppendOutcome } from '../../storage/interface.ts';
import type { SpanIntake, SpanOrigin } from '../span-intake.ts';
import { AttributeGroup } from './attribute-group.ts';
import { RESOURCE_ATTRIBUTES, SPAN_ATTRIBUTES } from './group-kinds.ts';
import type { ProcessTelemetry } from './process-telemetry.ts';
import { type Rule, SPAN_NAME } from './rule.ts';
import {
  type ItemPlan,
  itemPassage,
  LayerState,
  outerPassage,
  type Passage,
  type RuleSet,
} from './rule-set.ts';
import { SpanAssembly } from './span-assembly.ts';
import { type ReadAttributes, SpanRewriter } from './span-rewriter.ts';
import { SpanTouch } from './span-touch.ts';

/** Spans between two looks at the clock. */
const SLICE_SPANS = 64;

interface Resource {
  readonly own: ReadAttributes;
  readonly begin: LayerState;
  readonly passage: Passage | 'open' | undefined;
}

export class SpanProcessor {
  readonly #set: RuleSet;
  readonly #telemetry: ProcessTelemetry;
  readonly #touches = new WeakMap<ItemPlan, SpanTouch>();
  readonly #asksSpanName: boolean;

  constructor(set: RuleSet, telemetry: ProcessTelemetry) {
    this.#set = set;
    this.#telemetry = telemetry;
    this.#asksSpanName = set.rules.some((rule) => rule.asksSpanName);
  }

  async append(batch: SpanBatch, origin: SpanOrigin, inner: SpanIntake): Promise<AppendOutcome> {
    const processed = await inSlices(this.#process(batch));
    this.#telemetry.dropped('traces', batch.spanCount - processed.spanCount);
    if (processed.spanCount === 0) return { accepted: 0, refused: [], durable: Promise.resolve() };
    return inner.append(processed, origin);
  }

  *#process(batch: SpanBatch): Generator<void, SpanBatch> {
    const rewriter = new SpanRewriter(batch.bytes);
    const resources: (Resource | undefined)[] = new Array(batch.resourceCount);
    const scopes: (ReadAttributes | undefined)[] = new Array(batch.scopeCount);
    const assembly = new SpanAssembly(batch);
    const used = new Set<SpanTouch>();
    for (let i = 0; i < batch.spanCount; i++) {
      if (i % SLICE_SPANS === SLICE_SPANS - 1) yield;
      const [r, s] = [batch.spanResource[i]!, batch.spanScope[i]!];
      const resource = (resources[r] ??= this.#resource(batch, r, rewriter));
      const scope = (scopes[s] ??= this.#scope(batch, s, rewriter));
      this.#span(batch, i, resource, scope, rewriter, assembly, used);
    }
    for (const touch of used) touch.end();
    return assembly.batch();
  }

  #resource(batch: SpanBatch, r: number, rewriter: SpanRewriter): Resource {
    const [from, to] = [batch.resourceStart[r]!, batch.resourceEnd[r]!];
    const own = rewriter.attributes('Resource', RESOURCE_ATTRIBUTES, from, to);
    const begin = new LayerState(this.#set, 'resource', own.group);
    return { own, begin, passage: outerPassage(this.#set, begin) };
  }

  #scope(batch: SpanBatch, s: number, rewriter: SpanRewriter): ReadAttributes {
    return rewriter.attributes(
      'InstrumentationScope',
      SPAN_ATTRIBUTES,
      batch.scopeStart[s]!,
      batch.scopeEnd[s]!,
    );
  }

  #span(
    batch: SpanBatch,
    i: number,
    resource: Resource,
    scope: ReadAttributes,
    rewriter: SpanRewriter,
    assembly: SpanAssembly,
    used: Set<SpanTouch>,
  ): void {
    const [from, to] = [batch.spanStart[i]!, batch.spanEnd[i]!];
    let span: ReadAttributes | undefined;
    let { passage } = resource;
    if (passage === 'open') {
      span = rewriter.attributes('Span', SPAN_ATTRIBUTES, from, to);
      passage = this.#passage(resource, scope, span, this.#asksSpanName ? rewriter.name(from, to) : '');
    }
    if (!passage) return;
    const r = batch.spanResource[i]!;
    const s = batch.spanScope[i]!;
    const { state, plan } = passage;
    const storedResource = assembly.resource(r, plan, () => {
      if (plan.rules.length === 0) return undefined;
      const own = { ...resource.own, group: state.group };
      return rewriter.rewrite('Resource', batch.resourceStart[r]!, batch.resourceEnd[r]!, own, plan);
    });
    const storedScope = assembly.scope(s, plan, () => {
      if (plan.rules.length === 0) return undefined;
      const own = { ...scope, group: underRules(scope.group, plan.rules, 'neither') };
      return rewriter.rewrite('InstrumentationScope', batch.scopeStart[s]!, batch.scopeEnd[s]!, own, plan);
    });
    let rewritten: Uint8Array | undefined;
    if (span || (plan.rules.length > 0 && this.#touch(plan, batch.bytes, used).isTouched(from, to))) {
      const isThrough = span !== undefined;
      span ??= rewriter.attributes('Span', SPAN_ATTRIBUTES, from, to);
      if (!isThrough) for (const rule of plan.rules) rule.apply(span.group, 'item');
      rewritten = rewriter.rewrite('Span', from, to, span, plan);
    }
    assembly.span(i, storedResource, storedScope, rewritten);
  }

  /** The rules that an item's own attributes decide on too; applied to `span` as they are met. */
  #passage(
    resource: Resource,
    scope: ReadAttributes,
    span: ReadAttributes,
    name: string,
  ): Passage | undefined {
    const intrinsic = new AttributeGroup(SPAN_ATTRIBUTES, [SPAN_NAME], [{ type: 'string', value: name }]);
    const scopeGroup = scope.group.clone();
    return itemPassage(
      this.#set,
      resource.begin,
      (rule, outer) => {
        const layers = [...(rule.asksSpanName ? [intrinsic] : []), outer, scopeGroup, span.group];
        return rule.verdict(layers, true) === 'yes';
      },
      (rule) => {
        rule.apply(scopeGroup, 'neither');
        rule.apply(span.group, 'item');
      },
    );
  }

  #touch(plan: ItemPlan, bytes: Uint8Array, used: Set<SpanTouch>): SpanTouch {
    let touch = this.#touches.get(plan);
    if (!touch) {
      touch = new SpanTouch(plan);
      this.#touches.set(plan, touch);
    }
    touch.begin(bytes);
    used.add(touch);
    return touch;
  }
}

function underRules(given: AttributeGroup, rules: readonly Rule[], place: 'neither'): AttributeGroup {
  const group = given.clone();
  for (const rule of rules) rule.apply(group, place);
  return group;
}

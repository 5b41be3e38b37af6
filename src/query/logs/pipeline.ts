/**
 * A compiled pipeline: stages as closures over the line's state. What bytes can tell of leading line filters runs over whole chunks
 * (`filter`), the rest line by line (`run`).
 */

import { unreachable } from '../../base/assert.ts';
import type { Stage } from '../lang/logql/ast.ts';
import { printStage } from '../lang/logql/printer.ts';
import { FieldPrefilter } from './field-prefilter.ts';
import type { ParserHints } from './hints.ts';
import type { LineState } from './line-state.ts';
import { compilePatternStage, compileRegexp } from './stage/captures.ts';
import { compileDrop, compileKeep } from './stage/drop-keep.ts';
import { compileDecolorize, compileLabelFormat, compileLineFormat } from './stage/format.ts';
import { compileJson } from './stage/json.ts';
import { compileLabelFilter } from './stage/label-filter.ts';
import { ChunkFilter, compileLineFilter } from './stage/line-filter.ts';
import { compileLogfmt } from './stage/logfmt.ts';
import { NO_STAGE, type StageFn } from './stage/stage.ts';
import { compileUnpack } from './stage/unpack.ts';

/** Stages that look at labels and never at the line. */
const LABELS_ALONE: ReadonlySet<Stage['kind']> = new Set(['label-filter', 'drop', 'keep']);

export class Pipeline {
  readonly filter: ChunkFilter;
  /** Asked after the chunk filter, of the lines that it left. */
  readonly prefilter: FieldPrefilter | undefined;
  /** Whether a stage looks at the bytes of lines. */
  readonly readsLines: boolean;
  readonly #stages: readonly StageFn[];

  /** Throws `TriliteError` (`bad_data`) where a stage cannot be built. */
  constructor(stages: readonly Stage[], hints: ParserHints) {
    stages = filtersFirst(stages);
    // Built in full first, so that a malformed stage is refused wherever it stands.
    const compiled = stages.map((stage, i) => compileStage(stage, hints, filterText(stages, i)));
    const { filter, done } = ChunkFilter.fromStages(stages);
    this.filter = filter;
    const head = stages.findIndex((stage) => stage.kind !== 'line-filter');
    this.prefilter = head < 0 ? undefined : FieldPrefilter.of(stages.slice(head));
    this.#stages = compiled.filter((stage, i) => !done.has(i) && stage !== NO_STAGE);
    this.readsLines = stages.some((s, i) => compiled[i] !== NO_STAGE && !LABELS_ALONE.has(s.kind));
  }

  /** Whether nothing is left to do line by line. */
  get isEmpty(): boolean {
    return this.#stages.length === 0;
  }

  /** Runs the stages behind the chunk filter; false where the line is dropped. */
  run(state: LineState): boolean {
    for (const stage of this.#stages) if (!stage(state)) return false;
    return true;
  }
}

const REWRITES: ReadonlySet<Stage['kind']> = new Set(['line-format', 'unpack']);

/**
 * Line filters go before other stages up to the last one that they must see the outcome of: `line_format` and
 * `unpack` change the line. (`decolorize` does too, but filters see the line as it came.)
 */
function filtersFirst(stages: readonly Stage[]): Stage[] {
  const out: Stage[] = [];
  let filters: Stage[] = [];
  let rest: Stage[] = [];
  for (const stage of stages) {
    if (stage.kind === 'line-filter') filters.push(stage);
    else rest.push(stage);
    // Filters do not pass a label filter either, which is seen where `decolorize` stands before it.
    const rewrites = rest.some(({ kind }) => kind === 'decolorize');
    if (stage.kind === 'label-filter' ? !rewrites : !REWRITES.has(stage.kind)) continue;
    out.push(...filters, ...rest);
    filters = [];
    rest = [];
  }
  return [...out, ...filters, ...rest];
}

/** The text of the run of line filters that stage `i` is in: errors name it as a whole. */
function filterText(stages: readonly Stage[], i: number): string {
  const isFilter = (at: number) => stages[at]?.kind === 'line-filter';
  let from = i;
  let to = i;
  while (isFilter(from - 1)) from--;
  while (isFilter(to)) to++;
  return stages.slice(from, to).map(printStage).join(' ');
}

function compileStage(stage: Stage, hints: ParserHints, filters: string): StageFn {
  switch (stage.kind) {
    case 'line-filter':
      return compileLineFilter(stage, filters);
    case 'json':
      return compileJson(stage.items, hints);
    case 'logfmt':
      return compileLogfmt(stage, hints);
    case 'regexp':
      return compileRegexp(stage.pattern, hints);
    case 'pattern':
      return compilePatternStage(stage.pattern, hints);
    case 'unpack':
      return compileUnpack(hints);
    case 'label-filter':
      return compileLabelFilter(stage.filter);
    case 'line-format':
      return compileLineFormat(stage.template);
    case 'label-format':
      return compileLabelFormat(stage.items);
    case 'decolorize':
      return compileDecolorize();
    case 'drop':
      return compileDrop(stage.items);
    case 'keep':
      return compileKeep(stage.items);
    default:
      return unreachable(stage, 'stage');
  }
}

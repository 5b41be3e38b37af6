/**
 * Parser hints: which labels a metric query can need at all. With a reducing `by` the needed set is the grouping,
 * the labels that stages and the unwrap name, and parsers stop at the line's first byte after the last of them;
 * with no label needed they do not run. This is visible: a syntax error behind that point is never seen.
 *
 * Filters on a single label are asked as soon as a parser finds the label, wherever they stand in the pipeline; that
 * is visible too, where a stage between the two changes the label.
 */

import { templateFields } from '../../model/template/parse.ts';
import type { Grouping, LabelFilter, LogExpr, Stage, Unwrap } from '../lang/logql/ast.ts';
import { EXTRACTED_SUFFIX, type LineState } from './line-state.ts';
import { compileLabelFilter } from './stage/label-filter.ts';
import type { StageFn } from './stage/stage.ts';

export class ParserHints {
  /** Undefined: everything is extracted. */
  readonly #needed: ReadonlySet<string> | undefined;
  readonly #list: readonly string[];

  /** Filters on one label, by its name. */
  readonly #filters = new Map<string, StageFn>();

  constructor(needed: Iterable<string> | undefined, stages: readonly Stage[] = []) {
    for (const stage of stages) {
      if (stage.kind !== 'label-filter' || stage.filter.kind === 'and' || stage.filter.kind === 'or')
        continue;
      const [name] = filterLabels(stage.filter) as [string];
      if (!this.#filters.has(name)) this.#filters.set(name, compileLabelFilter(stage.filter));
    }
    this.#needed = needed === undefined ? undefined : new Set(needed);
    this.#list = this.#needed ? [...this.#needed] : [];
  }

  static readonly ALL = new ParserHints(undefined);

  get restricts(): boolean {
    return this.#needed !== undefined;
  }

  /** No label is needed: parsers are skipped. */
  get nothing(): boolean {
    return this.#needed !== undefined && this.#needed.size === 0;
  }

  wants(name: string): boolean {
    const needed = this.#needed;
    if (needed === undefined || needed.has(name)) return true;
    return name.endsWith(EXTRACTED_SUFFIX) && needed.has(name.slice(0, -EXTRACTED_SUFFIX.length));
  }

  /** Whether a nested object under this flattened prefix may hold a needed label. */
  wantsPrefix(prefix: string): boolean {
    return this.#needed === undefined || this.#list.some((name) => name.startsWith(prefix));
  }

  /** How many labels a line can yield at most before parsing may stop. */
  get limit(): number {
    return this.#needed === undefined ? Number.POSITIVE_INFINITY : this.#needed.size;
  }

  /** Whether the line stays, as far as a filter on the label just found can tell. */
  admits(name: string, state: LineState): boolean {
    const filter = this.#filters.get(name);
    return filter === undefined || filter(state);
  }

  preservesError(): boolean {
    return this.#needed?.has('__error__') ?? false;
  }
}

function filterLabels(filter: LabelFilter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filterLabels(filter.left), ...filterLabels(filter.right)];
    case 'match':
      return [filter.matcher.name];
    default:
      return [filter.name];
  }
}

/** Labels that the stages themselves read. */
function stageLabels(log: LogExpr, unwrap: Unwrap | undefined): string[] {
  const out: string[] = unwrap ? unwrap.filters.flatMap(filterLabels) : [];
  for (const stage of log.stages) {
    if (stage.kind === 'label-filter') out.push(...filterLabels(stage.filter));
    else if (stage.kind === 'line-format') out.push(...templateFields(stage.template));
    else if (stage.kind === 'label-format') {
      for (const item of stage.items) {
        if (item.form === 'rename') out.push(item.text);
        else out.push(...templateFields(item.text));
      }
    }
  }
  return out;
}

/** Hints of a range aggregation whose samples are grouped by `grouping` (undefined: by everything). */
export function hintsFor(
  log: LogExpr,
  unwrap: Unwrap | undefined,
  grouping: Grouping | undefined,
): ParserHints {
  if (!grouping || grouping.without) return new ParserHints(undefined, log.stages);
  const needed = [...grouping.names, ...stageLabels(log, unwrap)];
  if (unwrap) needed.push(unwrap.label);
  return new ParserHints(needed, log.stages);
}

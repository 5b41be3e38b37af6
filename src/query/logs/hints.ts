/**
 * Parser hints: which labels a metric query can need at all. With a reducing `by` the needed set is the grouping,
 * the labels that stages and the unwrap name, and parsers stop at the line's first byte after the last of them;
 * with no label needed they do not run. This is visible: a syntax error behind that point is never seen.
 *
 * Filters on a single label are asked as soon as a parser finds the label, wherever they stand in the pipeline; that
 * is visible too, where a stage between the two changes the label.
 */

import { templateFields } from '../../model/template/fields.ts';
import type { Grouping, LabelFilter, LogExpr, Unwrap } from '../lang/logql/ast.ts';
import { EXTRACTED_SUFFIX, type LineState } from './line-state.ts';
import { compileLabelFilter } from './stage/label-filter.ts';
import type { StageFn } from './stage/stage.ts';
import { FUNCTION_NAMES } from './template.ts';

export class ParserHints {
  /** Undefined: everything is extracted. */
  readonly #needed: ReadonlySet<string> | undefined;
  readonly #list: readonly string[];

  /** Filters on one label, by its name. */
  readonly #filters = new Map<string, StageFn>();

  constructor(needed: Iterable<string> | undefined, filters: readonly LabelFilter[] = []) {
    for (const filter of filters) {
      if (filter.kind === 'and' || filter.kind === 'or') continue;
      for (const name of filterLabels(filter)) {
        if (!this.#filters.has(name)) this.#filters.set(name, compileLabelFilter(filter, 'lenient'));
      }
    }
    this.#needed = needed === undefined ? undefined : withoutSuffixes(needed);
    this.#list = this.#needed ? [...this.#needed] : [];
  }

  static readonly ALL = new ParserHints(undefined);

  /** How many labels end the parsing of a line when all of them are found. */
  get enough(): number {
    return this.#needed === undefined ? Number.POSITIVE_INFINITY : this.#list.length;
  }

  /** No label is needed: parsers are skipped. */
  get nothing(): boolean {
    return this.#needed !== undefined && this.#needed.size === 0;
  }

  wants(name: string): boolean {
    return this.#needed === undefined || this.#needed.has(name);
  }

  /** Whether a nested object under this flattened prefix may hold a needed label. */
  wantsPrefix(prefix: string): boolean {
    return this.#needed === undefined || this.#list.some((name) => name.startsWith(prefix));
  }

  /** Whether every label that is needed was extracted from this line, so that parsing may stop. */
  done(state: LineState): boolean {
    if (this.#needed === undefined) return false;
    for (const name of this.#list) if (!state.extracted(name)) return false;
    return true;
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

/** A label that would be stored with a suffix is found without it. */
function withoutSuffixes(names: Iterable<string>): Set<string> {
  const out = new Set<string>();
  for (const name of names) {
    out.add(name);
    if (name.endsWith(EXTRACTED_SUFFIX)) out.add(name.slice(0, -EXTRACTED_SUFFIX.length));
  }
  return out;
}

function filterLabels(filter: LabelFilter): string[] {
  switch (filter.kind) {
    case 'and':
    case 'or':
      return [...filterLabels(filter.left), ...filterLabels(filter.right)];
    case 'match':
      // One that always holds asks for nothing.
      return filter.matcher.type === '=~' && filter.matcher.value === '.*' ? [] : [filter.matcher.name];
    default:
      return [filter.name];
  }
}

/** Labels that the stages themselves read. */
function stageLabels(log: LogExpr, unwrap: Unwrap | undefined): string[] {
  const out: string[] = unwrap ? unwrap.filters.flatMap(filterLabels) : [];
  for (const stage of log.stages) {
    if (stage.kind === 'label-filter') out.push(...filterLabels(stage.filter));
    else if (stage.kind === 'line-format') out.push(...templateFields(stage.template, FUNCTION_NAMES));
    else if (stage.kind === 'label-format') {
      for (const item of stage.items) {
        if (item.form === 'rename') out.push(item.text);
        else out.push(...templateFields(item.text, FUNCTION_NAMES));
      }
    }
  }
  return out;
}

/** The pipeline's label filters. */
function filtersOf(log: LogExpr): LabelFilter[] {
  return log.stages.flatMap((stage) => (stage.kind === 'label-filter' ? [stage.filter] : []));
}

/** Hints of a log query: everything is extracted. */
export function logHints(log: LogExpr): ParserHints {
  return new ParserHints(undefined, filtersOf(log));
}

/** Hints of a range aggregation whose samples are grouped by `grouping` (undefined: by everything). */
export function hintsFor(
  log: LogExpr,
  unwrap: Unwrap | undefined,
  grouping: Grouping | undefined,
): ParserHints {
  // Several filters behind an unwrap are one that is made of them.
  const filters = [...filtersOf(log), ...(unwrap?.filters.length === 1 ? unwrap.filters : [])];
  if (!grouping || grouping.without) return new ParserHints(undefined, filters);
  const needed = [...grouping.names, ...stageLabels(log, unwrap)];
  if (unwrap) needed.push(unwrap.label);
  // Where there are labels to group by, the original asks no filter early.
  return new ParserHints(needed, grouping.names.length > 0 ? [] : filters);
}

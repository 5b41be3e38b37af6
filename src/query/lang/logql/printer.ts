/**
 * Prints LogQL in its canonical form: one line where it fits, else broken and indented by two per level.
 * `printLine` gives the same query back when parsed; the broken form follows the original's habits, which leave out an
 * empty `on ()`.
 */

import { unreachable } from '../../../base/assert.ts';
import { formatDuration, formatGoDuration } from '../../../model/duration.ts';
import { quote } from '../../../model/go-string.ts';
import type { Matcher } from '../../../model/matcher.ts';
import type {
  BinaryExpr,
  Grouping,
  LabelFilter,
  LabelItem,
  LineFilterStage,
  LogExpr,
  LogqlExpr,
  RangeAggExpr,
  Stage,
  Unwrap,
} from './ast.ts';
import { formatBytes } from './units.ts';

/** Lines longer than this are broken where they can be. */
const LINE_MAX_CHARS = 100;

export function printMatcher(m: Matcher): string {
  return `${m.name}${m.type}${quote(m.value)}`;
}

function selector(matchers: readonly Matcher[]): string {
  return `{${matchers.map(printMatcher).join(', ')}}`;
}

/** Shortest decimal, large and small ones with an exponent as Go's `%g` would not: the query's own precision. */
function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** A regular expression that is more than literals and `.*` stands between backticks. */
function printStringFilter(m: Matcher): string {
  if (m.type !== '=~' || isPlainRegex(m.value.replace(/^\(\?i\)/, '')) || m.value.includes('`')) {
    return printMatcher(m);
  }
  return `${m.name}${m.type}\`${m.value}\``;
}

/** Literals, alternatives of them and `.*`, but none that would become a character class. */
function isPlainRegex(pattern: string): boolean {
  const alternatives = pattern.replace(/\.[*+]/g, '').split('|');
  if (alternatives.some((a) => /[\\.+*?()[\]{}^$]/.test(a))) return false;
  const twins = alternatives.some((a, i) => {
    const next = alternatives[i + 1];
    return next !== undefined && a !== '' && a.length === next.length && a.slice(0, -1) === next.slice(0, -1);
  });
  return !twins;
}

export function printLabelFilter(filter: LabelFilter): string {
  switch (filter.kind) {
    case 'and':
      return `( ${printLabelFilter(filter.left)} , ${printLabelFilter(filter.right)} )`;
    case 'or':
      return `( ${printLabelFilter(filter.left)} or ${printLabelFilter(filter.right)} )`;
    case 'match':
      return printStringFilter(filter.matcher);
    case 'ip':
      return `${filter.name}${filter.op}ip(${quote(filter.pattern)})`;
    case 'number':
      return `${filter.name}${filter.op}${number(filter.value)}`;
    case 'duration':
      return `${filter.name}${filter.op}${formatGoDuration(filter.valueNs)}`;
    case 'bytes':
      return `${filter.name}${filter.op}${formatBytes(filter.valueBytes)}`;
    default:
      return unreachable(filter, 'label filter');
  }
}

function items(list: readonly LabelItem[]): string {
  return list.map((i) => (i.matcher ? printMatcher(i.matcher) : i.name)).join(',');
}

function extracts(list: readonly { name: string; source: string }[]): string {
  return list.length === 0 ? '' : ` ${list.map((i) => `${i.name}=${quote(i.source)}`).join(',')}`;
}

export function printStage(stage: Stage): string {
  switch (stage.kind) {
    case 'line-filter': {
      const operands = stage.operands.map((o) => (o.ip ? `ip(${quote(o.text)})` : quote(o.text)));
      // A negative chain means that none may match: each is a filter of its own.
      if (stage.op.startsWith('!')) return operands.map((o) => `${stage.op} ${o}`).join(' ');
      return `${stage.op} ${operands.join(' or ')}`;
    }
    case 'json':
      return `| json${extracts(stage.items)}`;
    case 'logfmt': {
      const flags = `${stage.strict ? ' --strict' : ''}${stage.keepEmpty ? ' --keep-empty' : ''}`;
      return `| logfmt${flags}${extracts(stage.items)}`;
    }
    case 'regexp':
    case 'pattern':
      return `| ${stage.kind} ${quote(stage.pattern)}`;
    case 'unpack':
    case 'decolorize':
      return `| ${stage.kind}`;
    case 'label-filter':
      return `| ${printLabelFilter(stage.filter)}`;
    case 'line-format':
      return `| line_format ${quote(stage.template)}`;
    case 'label-format': {
      const list = stage.items.map((i) => `${i.name}=${i.form === 'rename' ? i.text : quote(i.text)}`);
      return `| label_format ${list.join(',')}`;
    }
    case 'drop':
    case 'keep':
      return `| ${stage.kind} ${items(stage.items)}`;
    default:
      return unreachable(stage, 'stage');
  }
}

function printUnwrap(unwrap: Unwrap): string[] {
  const label = unwrap.conversion === 'none' ? unwrap.label : `${unwrap.conversion}(${unwrap.label})`;
  return [`| unwrap ${label}`, ...unwrap.filters.map((f) => `| ${printLabelFilter(f)}`)];
}

function grouping(group: Grouping, separator = ','): string {
  return `${group.without ? 'without' : 'by'} (${group.names.join(separator)})`;
}

/** What stands between an aggregation's name and its parenthesis. */
function aggregationGrouping(group: Grouping | undefined): string {
  return group && (group.without || group.names.length > 0) ? ` ${grouping(group)}` : '';
}

function offset(agg: RangeAggExpr): string {
  if (agg.offsetMs === 0) return '';
  return ` offset ${formatGoDuration(agg.offsetMs * 1e6)}`;
}

/** On a line of its own the offset is in the ranges' notation. */
function prettyOffset(agg: RangeAggExpr): string {
  if (agg.offsetMs === 0) return '';
  const sign = agg.offsetMs < 0 ? '-' : '';
  return ` offset ${sign}${formatDuration(Math.abs(agg.offsetMs))}`;
}

/** The operator on a line of its own: an empty list of labels is not printed. */
function prettyOperator(expr: BinaryExpr): string {
  const { matching } = expr;
  const out = expr.bool ? `${expr.op} bool` : expr.op;
  if (!matching || matching.labels.length === 0) return out;
  const labels = `${out} ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(', ')}) `;
  if (matching.card === 'one-to-one') return labels;
  const include = matching.include.length > 0 ? ` (${matching.include.join(', ')})` : '';
  return `${labels}${matching.card === 'many-to-one' ? 'group_left' : 'group_right'}${include}`;
}

/** The operator of a binary expression with its modifiers. */
function operator(expr: BinaryExpr): string {
  const { matching } = expr;
  let out: string = expr.op;
  if (expr.bool) out += ' bool';
  if (!matching) return out;
  if (matching.on || matching.labels.length > 0 || matching.card !== 'one-to-one') {
    out += ` ${matching.on ? 'on' : 'ignoring'} (${matching.labels.join(',')})`;
  }
  if (matching.card === 'one-to-one') return out;
  const include = matching.include.length > 0 ? ` (${matching.include.join(',')})` : '';
  return `${out} ${matching.card === 'many-to-one' ? 'group_left' : 'group_right'}${include}`;
}

/** The whole query on one line. */
export function printLine(expr: LogqlExpr): string {
  switch (expr.kind) {
    case 'log':
      return [selector(expr.matchers), ...expr.stages.map(printStage)].join(' ');
    case 'literal':
      return number(expr.value);
    case 'vector':
      return `vector(${expr.value.toFixed(6)})`;
    case 'range-agg': {
      const parts = [printLine(expr.log), ...(expr.unwrap ? printUnwrap(expr.unwrap) : [])].join(' ');
      const param = expr.param === undefined ? '' : `${number(expr.param)},`;
      const range = `[${formatDuration(expr.rangeMs)}]`;
      const group = expr.grouping ? ` ${grouping(expr.grouping)}` : '';
      return `${expr.op}(${param}${parts}${range}${offset(expr)})${group}`;
    }
    case 'vector-agg': {
      const group = aggregationGrouping(expr.grouping);
      const param = expr.param === undefined ? '' : `${expr.param},`;
      return `${expr.op}${group}(${param}${printLine(expr.expr)})`;
    }
    case 'binary':
      return `(${printLine(expr.left)} ${operator(expr)} ${printLine(expr.right)})`;
    case 'label-replace': {
      const args = [expr.target, expr.replacement, expr.source, expr.regex].map(quote).join(',');
      return `label_replace(${printLine(expr.expr)},${args})`;
    }
    default:
      return unreachable(expr, 'expression');
  }
}

/** The query as `format_query` answers it. */
export function printLogql(expr: LogqlExpr): string {
  return pretty(expr, 0);
}

function indent(level: number): string {
  return '  '.repeat(level);
}

/** Whether a text is left on one line, however far it is indented. */
function fits(line: string): boolean {
  return Buffer.byteLength(line) <= LINE_MAX_CHARS;
}

function pretty(expr: LogqlExpr, level: number): string {
  const line = printLine(expr);
  const pad = indent(level);
  if (fits(line)) return pad + line;
  switch (expr.kind) {
    case 'log':
      return prettyLog(expr, level);
    case 'range-agg':
      return prettyRange(expr, level);
    case 'vector-agg': {
      const param = expr.param === undefined ? '' : `${indent(level + 1)}${expr.param},\n`;
      return `${pad}${expr.op}${prettyGrouping(expr.grouping)}(\n${param}${pretty(expr.expr, level + 1)}\n${pad})`;
    }
    case 'binary': {
      const left = pretty(expr.left, level + 1);
      const right = pretty(expr.right, level + 1);
      return `${left}\n${pad}${prettyOperator(expr)}\n${right}`;
    }
    case 'label-replace': {
      const args = [expr.target, expr.replacement, expr.source, expr.regex].map(
        (a) => indent(level + 1) + quote(a),
      );
      return `${pad}label_replace(\n${pretty(expr.expr, level + 1)},\n${args.join(',\n')}\n${pad})`;
    }
    default:
      return pad + line;
  }
}

/** Without labels there are no parentheses, and `by` is left out too. */
function prettyGrouping(group: Grouping | undefined): string {
  if (group === undefined) return '';
  if (group.names.length > 0) return ` ${grouping(group, ', ')}`;
  return group.without ? ' without' : '';
}

/** Neighbouring line filters share a line. */
function prettyLog(log: LogExpr, level: number): string {
  if (log.stages.length === 0 || fits(printLine(log))) return indent(level) + printLine(log);
  const lines = [indent(level) + selector(log.matchers)];
  let filters: LineFilterStage[] = [];
  const flush = () => {
    if (filters.length > 0) lines.push(...filterLines(filters.flatMap(singleFilters), indent(level + 1)));
    filters = [];
  };
  for (const stage of log.stages) {
    if (stage.kind === 'line-filter') {
      filters.push(stage);
      continue;
    }
    flush();
    // One that takes nothing is not indented by the original.
    lines.push((stage.kind === 'decolorize' ? '' : indent(level + 1)) + printStage(stage));
  }
  flush();
  return lines.join('\n');
}

/** A negative chain is a filter for each of its operands. */
function singleFilters(stage: LineFilterStage): LineFilterStage[] {
  if (!stage.op.startsWith('!')) return [stage];
  return stage.operands.map((operand) => ({ ...stage, operands: [operand] }));
}

/** As many filters on a line as fit; one that is broken off loses all but its first operand, in the original as well. */
function filterLines(filters: readonly LineFilterStage[], pad: string): string[] {
  const line = filters.map(printStage).join(' ');
  if (filters.length === 0 || fits(line)) return filters.length === 0 ? [] : [pad + line];
  const last = filters.at(-1)!;
  const broken = printStage({ ...last, operands: last.operands.slice(0, 1) });
  return [...filterLines(filters.slice(0, -1), pad), pad + broken];
}

function prettyRange(agg: RangeAggExpr, level: number): string {
  const pad = indent(level);
  const inner = level + 1;
  let out = `${pad}${agg.op}(\n`;
  if (agg.param !== undefined) out += `${indent(inner)}${number(agg.param)},\n`;
  out += prettyLog(agg.log, inner);
  for (const part of agg.unwrap ? printUnwrap(agg.unwrap) : []) out += `\n${indent(inner + 1)}${part}`;
  out += ` [${formatDuration(agg.rangeMs)}]${prettyOffset(agg)}\n${pad})`;
  return out + prettyGrouping(agg.grouping);
}

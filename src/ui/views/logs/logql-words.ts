/** The words of LogQL: for the editor's colours and for its completion. */

import type { CompletionOption } from '../../editor/completion.ts';

interface Word {
  readonly name: string;
  readonly info: string;
}

/** Over a range of lines: `rate({…}[5m])`. */
export const RANGE_FUNCTIONS: readonly Word[] = [
  { name: 'rate', info: 'Lines per second' },
  { name: 'count_over_time', info: 'Lines in the range' },
  { name: 'bytes_rate', info: 'Bytes per second' },
  { name: 'bytes_over_time', info: 'Bytes in the range' },
  { name: 'absent_over_time', info: '1 where there are no lines' },
  { name: 'sum_over_time', info: 'Sum of an unwrapped field' },
  { name: 'avg_over_time', info: 'Mean of an unwrapped field' },
  { name: 'min_over_time', info: 'Least of an unwrapped field' },
  { name: 'max_over_time', info: 'Greatest of an unwrapped field' },
  { name: 'first_over_time', info: 'First value of an unwrapped field' },
  { name: 'last_over_time', info: 'Last value of an unwrapped field' },
  { name: 'stddev_over_time', info: 'Standard deviation of an unwrapped field' },
  { name: 'stdvar_over_time', info: 'Variance of an unwrapped field' },
  { name: 'quantile_over_time', info: 'quantile_over_time(0.99, {…} | unwrap field [5m])' },
  { name: 'rate_counter', info: 'Per second increase of an unwrapped counter' },
];

/** Over series: `sum by (level) (…)`. */
export const VECTOR_FUNCTIONS: readonly Word[] = [
  { name: 'sum', info: 'sum by (label) (…)' },
  { name: 'avg', info: 'Mean of the series' },
  { name: 'min', info: 'Least of the series' },
  { name: 'max', info: 'Greatest of the series' },
  { name: 'count', info: 'Number of series' },
  { name: 'stddev', info: 'Standard deviation of the series' },
  { name: 'stdvar', info: 'Variance of the series' },
  { name: 'topk', info: 'topk(10, …)' },
  { name: 'bottomk', info: 'bottomk(10, …)' },
  { name: 'approx_topk', info: 'approx_topk(10, …), at one moment' },
  { name: 'sort', info: 'Ascending, at one moment' },
  { name: 'sort_desc', info: 'Descending, at one moment' },
  { name: 'label_replace', info: 'label_replace(…, "new", "$1", "old", "regex")' },
  { name: 'vector', info: 'A number as a series without labels' },
];

/** What may follow `|`. */
export const STAGES: readonly Word[] = [
  { name: 'json', info: 'Fields of JSON lines; nested ones are joined by _' },
  { name: 'logfmt', info: 'Fields of key=value lines' },
  { name: 'pattern', info: 'pattern "<ip> - <_> <method>"' },
  { name: 'regexp', info: 'regexp "(?P<name>…)"' },
  { name: 'unpack', info: 'What a pack stage put together' },
  { name: 'line_format', info: 'line_format "{{.field}}"' },
  { name: 'label_format', info: 'label_format new=old' },
  { name: 'unwrap', info: 'Takes a field as the number of a metric' },
  { name: 'decolorize', info: 'Takes colours of terminals off' },
  { name: 'drop', info: 'Takes labels off' },
  { name: 'keep', info: 'Leaves these labels only' },
];

export const LINE_FILTERS: readonly CompletionOption[] = [
  { label: '|=', kind: 'operator', detail: 'line contains', insert: '|= "' },
  { label: '!=', kind: 'operator', detail: 'line does not contain', insert: '!= "' },
  { label: '|~', kind: 'operator', detail: 'line matches a regex', insert: '|~ "' },
  { label: '!~', kind: 'operator', detail: 'line matches no regex', insert: '!~ "' },
  { label: '|>', kind: 'operator', detail: 'line has a pattern', insert: '|> `<_>' },
  { label: '!>', kind: 'operator', detail: 'line has no pattern', insert: '!> `<_>' },
];

export const RANGES: readonly string[] = ['1m', '5m', '10m', '30m', '1h', '6h', '1d'];

const OPERATORS: readonly string[] = ['and', 'or', 'unless', 'on', 'ignoring', 'group_left', 'group_right'];

/** For `queryLanguage`. */
export const LOGQL_WORDS = {
  keywords: [
    ...STAGES.map(({ name }) => name),
    ...OPERATORS,
    'by',
    'without',
    'bool',
    'offset',
  ] as readonly string[],
  functions: [...RANGE_FUNCTIONS, ...VECTOR_FUNCTIONS]
    .map(({ name }) => name)
    .concat('ip', 'duration', 'bytes'),
};

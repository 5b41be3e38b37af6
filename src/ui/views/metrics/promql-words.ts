/** PromQL's words, for colours and completion: functions with what they take and a line about them, aggregations, keywords. */

export interface PromqlFunction {
  readonly name: string;
  /** `rate(v[…])` */
  readonly signature: string;
  readonly help: string;
}

const V = 'v';
const R = 'v[…]';

/** Name, arguments, what it is for. */
const FUNCTION_ROWS: readonly (readonly [name: string, args: string, help: string])[] = [
  ['abs', V, 'Without the sign'],
  ['absent', V, '1 where there is no such series: for alerts on what has gone'],
  ['absent_over_time', R, '1 where no such series had a sample in the range'],
  ['acos', V, 'Arc cosine, radians'],
  ['acosh', V, 'Inverse hyperbolic cosine'],
  ['asin', V, 'Arc sine, radians'],
  ['asinh', V, 'Inverse hyperbolic sine'],
  ['atan', V, 'Arc tangent, radians'],
  ['atanh', V, 'Inverse hyperbolic tangent'],
  ['avg_over_time', R, 'Mean of the samples in the range'],
  ['ceil', V, 'Up to the next whole number'],
  ['changes', R, 'How often the value changed in the range'],
  ['clamp', 'v, min, max', 'Values kept between two bounds'],
  ['clamp_max', 'v, max', 'Values kept from going above a bound'],
  ['clamp_min', 'v, min', 'Values kept from going below a bound'],
  ['cos', V, 'Cosine of radians'],
  ['cosh', V, 'Hyperbolic cosine'],
  ['count_over_time', R, 'How many samples the range has'],
  ['day_of_month', 'v = time()', 'Day of the month in UTC, 1 to 31'],
  ['day_of_week', 'v = time()', 'Day of the week in UTC, 0 is Sunday'],
  ['day_of_year', 'v = time()', 'Day of the year in UTC, 1 to 366'],
  ['days_in_month', 'v = time()', 'How many days the month has, in UTC'],
  ['deg', V, 'Radians as degrees'],
  ['delta', R, 'How much a gauge went up or down over the range'],
  ['deriv', R, 'Slope of a gauge a second, by a line laid through the range'],
  ['double_exponential_smoothing', 'v[…], sf, tf', 'A gauge smoothed, with its trend followed'],
  ['end', '', 'Time of the last step of the query, in seconds'],
  ['exp', V, 'e to the power of the value'],
  ['first_over_time', R, 'Oldest sample of the range'],
  ['floor', V, 'Down to the next whole number'],
  ['histogram_avg', V, 'Mean of what a native histogram observed'],
  ['histogram_count', V, 'How many observations a native histogram has'],
  ['histogram_fraction', 'low, high, v', 'Part of the observations between two bounds'],
  [
    'histogram_quantile',
    'φ, v',
    'Value below which the part φ of the observations lies, of buckets or native histograms',
  ],
  ['histogram_quantiles', 'v, "label", φ, …', 'Several quantiles at once, told apart by a label'],
  ['histogram_stddev', V, 'Estimated standard deviation of a native histogram'],
  ['histogram_stdvar', V, 'Estimated variance of a native histogram'],
  ['histogram_sum', V, 'Sum of what a native histogram observed'],
  ['hour', 'v = time()', 'Hour of the day in UTC'],
  ['idelta', R, 'Difference of the last two samples'],
  ['increase', R, 'How much a counter grew over the range'],
  ['info', 'v, selector', 'Adds labels of info metrics such as target_info'],
  ['irate', R, 'Growth of a counter a second, by its last two samples'],
  ['label_join', 'v, "dst", "sep", "src", …', 'A label made of others put together'],
  ['label_replace', 'v, "dst", "new", "src", "regex"', 'A label made of another by a regular expression'],
  ['last_over_time', R, 'Newest sample of the range'],
  ['ln', V, 'Natural logarithm'],
  ['log10', V, 'Logarithm to base 10'],
  ['log2', V, 'Logarithm to base 2'],
  ['mad_over_time', R, 'Median distance from the median'],
  ['max_of', 'a, b', 'The larger of two numbers'],
  ['max_over_time', R, 'Largest sample of the range'],
  ['min_of', 'a, b', 'The smaller of two numbers'],
  ['min_over_time', R, 'Smallest sample of the range'],
  ['minute', 'v = time()', 'Minute of the hour in UTC'],
  ['month', 'v = time()', 'Month of the year in UTC, 1 to 12'],
  ['pi', '', 'The number π'],
  ['predict_linear', 'v[…], seconds', 'Where a gauge will be, by a line laid through the range'],
  ['present_over_time', R, '1 for each series that has a sample in the range'],
  ['quantile_over_time', 'φ, v[…]', 'Quantile of the samples in the range'],
  ['rad', V, 'Degrees as radians'],
  ['range', '', 'Length of the queried range, in seconds'],
  ['rate', R, 'Growth of a counter a second, on average over the range'],
  ['resets', R, 'How often a counter began anew in the range'],
  ['round', 'v, to = 1', 'To the nearest multiple of a number'],
  ['scalar', V, 'The value of the only series as a number'],
  ['sgn', V, '1, 0 or -1 by the sign'],
  ['sin', V, 'Sine of radians'],
  ['sinh', V, 'Hyperbolic sine'],
  ['sort', V, 'By value, smallest first (tables)'],
  ['sort_by_label', 'v, "label", …', 'By labels (tables)'],
  ['sort_by_label_desc', 'v, "label", …', 'By labels, backwards (tables)'],
  ['sort_desc', V, 'By value, largest first (tables)'],
  ['sqrt', V, 'Square root'],
  ['start', '', 'Time of the first step of the query, in seconds'],
  ['start_timestamp', V, 'When the series of the sample began, in seconds'],
  ['stddev_over_time', R, 'Standard deviation of the samples in the range'],
  ['stdvar_over_time', R, 'Variance of the samples in the range'],
  ['step', '', 'Distance of the query’s steps, in seconds'],
  ['sum_over_time', R, 'Sum of the samples in the range'],
  ['tan', V, 'Tangent of radians'],
  ['tanh', V, 'Hyperbolic tangent'],
  ['time', '', 'The moment of evaluation, in seconds'],
  ['timestamp', V, 'When each sample was taken, in seconds'],
  ['ts_of_first_over_time', R, 'When the oldest sample of the range was taken'],
  ['ts_of_last_over_time', R, 'When the newest sample of the range was taken'],
  ['ts_of_max_over_time', R, 'When the largest sample of the range was taken'],
  ['ts_of_min_over_time', R, 'When the smallest sample of the range was taken'],
  ['vector', 'number', 'A number as a series without labels'],
  ['year', 'v = time()', 'Year in UTC'],
];

const AGGREGATION_ROWS: readonly (readonly [name: string, args: string, help: string])[] = [
  ['sum', V, 'Sum of the series of each group'],
  ['avg', V, 'Mean of the series of each group'],
  ['count', V, 'How many series each group has'],
  ['min', V, 'Smallest of each group'],
  ['max', V, 'Largest of each group'],
  ['group', V, '1 for each group there is'],
  ['stddev', V, 'Standard deviation within each group'],
  ['stdvar', V, 'Variance within each group'],
  ['topk', 'k, v', 'The k largest series'],
  ['bottomk', 'k, v', 'The k smallest series'],
  ['count_values', '"label", v', 'How many series have each value'],
  ['quantile', 'φ, v', 'Quantile over the series of each group'],
  ['limitk', 'k, v', 'Any k series of each group'],
  ['limit_ratio', 'r, v', 'A part of the series, always the same ones'],
];

function described(rows: typeof FUNCTION_ROWS): readonly PromqlFunction[] {
  return rows.map(([name, args, help]) => ({ name, signature: `${name}(${args})`, help }));
}

export const FUNCTIONS: readonly PromqlFunction[] = described(FUNCTION_ROWS);
export const AGGREGATIONS: readonly PromqlFunction[] = described(AGGREGATION_ROWS);

/** Behind which a list of labels stands. */
export const GROUPING_WORDS: readonly string[] = [
  'by',
  'without',
  'on',
  'ignoring',
  'group_left',
  'group_right',
];
const OTHER_WORDS: readonly string[] = ['and', 'or', 'unless', 'bool', 'offset', 'atan2', 'inf', 'nan'];
export const KEYWORDS: readonly string[] = [...GROUPING_WORDS, ...OTHER_WORDS];

/** What people write in brackets and behind `offset`. */
export const DURATIONS: readonly string[] = [
  '30s',
  '1m',
  '5m',
  '10m',
  '15m',
  '30m',
  '1h',
  '6h',
  '12h',
  '1d',
  '7d',
  '30d',
];

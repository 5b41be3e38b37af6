/** Good and bad files of Alertmanager's, for verdicts: each with whether it is good, for the original too. */

export interface ConfigCase {
  readonly name: string;
  readonly text: string;
  readonly isGood: boolean;
  /** Part of what is said of a bad one, which is also part of what the original says. */
  readonly says?: string;
  /** The first version of the original that says the same; older ones know the thing otherwise. */
  readonly since?: number;
}

const RECEIVERS = 'receivers: [{name: a}, {name: b}]';

/** A route with these lines, beside good receivers. */
function route(lines: string, more = ''): string {
  return `route: {receiver: a, ${lines}}\n${RECEIVERS}\n${more}`;
}

function child(lines: string, more = ''): string {
  return route(`routes: [{${lines}}]`, more);
}

function interval(lines: string): string {
  return route('', `time_intervals: [{name: t, time_intervals: [{${lines}}]}]`);
}

const good = (name: string, text: string, since?: number): ConfigCase => ({
  name,
  text,
  isGood: true,
  ...(since !== undefined && { since }),
});
const bad = (name: string, text: string, says: string, since?: number): ConfigCase => ({
  name,
  text,
  isGood: false,
  says,
  ...(since !== undefined && { since }),
});

export const CONFIG_CASES: readonly ConfigCase[] = [
  good('the least', route('')),
  bad('empty', '', 'no route provided in config'),
  bad('without a route', RECEIVERS, ''),
  bad('without a receiver', `route: {}\n${RECEIVERS}`, 'root route must specify a default receiver'),
  bad('a receiver that is not there', 'route: {receiver: x}', 'undefined receiver "x" used in route'),
  bad('one below', child('receiver: x'), 'undefined receiver "x" used in route'),
  bad('an unknown key', route('unknown: 1'), 'unknown'),
  bad('an unknown key on top', route('', 'unknown: 1'), 'unknown'),
  bad('a root with matchers', route('matchers: [a="b"]'), 'root route must not have any matchers'),
  bad('a root with match', route('match: {a: b}'), 'root route must not have any matchers'),
  bad('a root that continues', route('continue: true'), 'cannot have continue in root route'),
  bad(
    'a root that is muted',
    route('mute_time_intervals: [t]', 'time_intervals: [{name: t, time_intervals: []}]'),
    'root route must not have any mute time intervals',
  ),
  bad(
    'a root that is active at times',
    route('active_time_intervals: [t]', 'time_intervals: [{name: t, time_intervals: []}]'),
    'root route must not have any active time intervals',
  ),
  good('groups by all', route("group_by: ['...']")),
  good('groups by names', route('group_by: [a, b_c]')),
  good('groups by nothing', child('group_by: []')),
  bad(
    'groups by all and more',
    route("group_by: ['...', a]"),
    'cannot have wildcard group_by (`...`) and other',
  ),
  bad('groups by one name twice', route('group_by: [a, a]'), 'duplicated label "a" in group_by'),
  bad('groups by no name', route('group_by: [""]'), 'invalid label name "" in group_by list'),
  good('groups by any name', route('group_by: ["a b"]'), 27),
  bad('a group interval of 0', route('group_interval: 0s'), 'group_interval cannot be zero'),
  bad('a repetition of 0', route('repeat_interval: 0s'), 'repeat_interval cannot be zero'),
  good('a wait of 0', route('group_wait: 0s')),
  good('long times', route('group_wait: 1m30s, group_interval: 1h, repeat_interval: 1w')),
  bad('no duration', route('group_wait: soon'), 'not a valid duration string: "soon"'),
  bad('a duration in the wrong order', route('group_wait: 1s1m'), 'not a valid duration string: "1s1m"'),
  good('matchers', child(`matchers: [a="b", 'c=~"d|e"', "f!='g'", 'h!~i', '{j="k", l="m"}', n=o]`)),
  bad('no matcher', child('matchers: [a]'), 'bad matcher format: a'),
  bad('an operator that is none', child('matchers: ["a<b"]'), 'bad matcher format: a<b'),
  bad('a pattern that is none', child(`matchers: ['a=~"["']`), 'missing closing ]'),
  bad('a quote too many', child(`matchers: ['a="b"c"']`), 'matcher value contains unescaped double quote'),
  good('older matchers', child('match: {a: b}, match_re: {c: "d|e"}')),
  bad('an older matcher’s name', child('match: {"a-b": c}'), 'invalid label name "a-b"'),
  bad('an older pattern’s name', child('match_re: {"a-b": c}'), 'invalid label name "a-b"'),
  bad('an older pattern that is none', child('match_re: {a: "["}'), 'missing closing ]'),
  good('matchers of any name', child(`matchers: ['"a b"="c"']`), 27),
  good(
    'an inhibition',
    route('', 'inhibit_rules: [{source_matchers: [a="b"], target_matchers: [c="d"], equal: [e]}]'),
  ),
  good(
    'an older one',
    route('', 'inhibit_rules: [{source_match: {a: b}, target_match_re: {c: d}, equal: [e]}]'),
  ),
  good('an empty one', route('', 'inhibit_rules: [{}]')),
  bad('an inhibition’s name', route('', 'inhibit_rules: [{source_match: {"a-b": c}}]'), 'a-b', 99),
  bad(
    'an inhibition’s matcher',
    route('', 'inhibit_rules: [{source_matchers: [a]}]'),
    'bad matcher format: a',
  ),
  bad('an inhibition’s key', route('', 'inhibit_rules: [{from: x}]'), 'from'),
  good(
    'intervals',
    interval(
      "times: [{start_time: '09:00', end_time: '24:00'}], weekdays: ['monday:friday', Sunday], days_of_month: ['1:5', '-3:-1', 7], months: [january, '2:MARCH', 5], years: ['2020:2022', 2030], location: Europe/Berlin",
    ),
  ),
  good('older intervals', route('', 'mute_time_intervals: [{name: t, time_intervals: [{years: [2020]}]}]')),
  good(
    'intervals that are used',
    child(
      'mute_time_intervals: [t], active_time_intervals: [t]',
      'time_intervals: [{name: t, time_intervals: [{years: [2020]}]}]',
    ),
  ),
  bad(
    'an interval that is not there',
    child('mute_time_intervals: [x]'),
    'undefined time interval "x" used in route',
  ),
  bad(
    'an active one that is not there',
    child('active_time_intervals: [x]'),
    'undefined time interval "x" used in route',
  ),
  bad(
    'an interval without a name',
    route('', 'time_intervals: [{time_intervals: []}]'),
    'missing name in time interval',
  ),
  bad(
    'an older one without a name',
    route('', 'mute_time_intervals: [{time_intervals: []}]'),
    'missing name in mute time interval',
  ),
  bad(
    'two of one name',
    route('', 'time_intervals: [{name: t}, {name: t}]'),
    'time interval "t" is not unique',
  ),
  bad(
    'two of one name in both lists',
    route('', 'mute_time_intervals: [{name: t}]\ntime_intervals: [{name: t}]'),
    'time interval "t" is not unique',
  ),
  bad(
    'a time that is none',
    interval("times: [{start_time: '9:00', end_time: '10:00'}]"),
    "couldn't parse timestamp 9:00, invalid format",
  ),
  bad(
    'a time past the day',
    interval("times: [{start_time: '09:00', end_time: '24:01'}]"),
    "couldn't parse timestamp 24:01, invalid format",
  ),
  bad(
    'times the wrong way',
    interval("times: [{start_time: '10:00', end_time: '09:00'}]"),
    'start time cannot be equal or greater than end time',
  ),
  bad('half a time', interval("times: [{start_time: '10:00'}]"), 'both start and end times must be provided'),
  bad('a weekday that is none', interval('weekdays: [funday]'), 'funday is not a valid weekday'),
  bad(
    'weekdays the wrong way',
    interval("weekdays: ['friday:monday']"),
    'start day cannot be before end day',
  ),
  bad(
    'a range of three',
    interval("weekdays: ['monday:tuesday:friday']"),
    "couldn't parse range monday:tuesday:friday, invalid format",
  ),
  bad('a day 0', interval("days_of_month: ['0']"), '0 is not a valid day of the month: out of range'),
  bad('a day 32', interval("days_of_month: ['1:32']"), '32 is not a valid day of the month: out of range'),
  bad(
    'days from the end to the begin',
    interval("days_of_month: ['-1:5']"),
    'end day must be negative if start day is negative',
  ),
  bad('days the wrong way', interval("days_of_month: ['10:5']"), 'end day 5 is always before start day 10'),
  bad('a month that is none', interval('months: [smarch]'), 'smarch is not a valid month'),
  bad('months the wrong way', interval("months: ['may:march']"), 'end month march is before start month may'),
  bad('years the wrong way', interval("years: ['2022:2020']"), 'end year 2020 is before start year 2022'),
  bad('a year that is none', interval('years: [soon]'), 'parsing "soon": invalid syntax'),
  bad('a place that is none', interval('location: Nowhere/Else'), 'unknown time zone Nowhere/Else'),
  good('a place of its own', interval('location: UTC')),
  bad(
    'a receiver without a name',
    'route: {receiver: a}\nreceivers: [{name: a}, {}]',
    'missing name in receiver',
  ),
  bad(
    'two receivers of one name',
    'route: {receiver: a}\nreceivers: [{name: a}, {name: a}]',
    'notification config name "a" is not unique',
  ),
  good('labels of a route', child('labels: {a: "{{ .Status }}"}'), 33),
  good('labels of a receiver', 'route: {receiver: a}\nreceivers: [{name: a, labels: {x: y}}]', 33),
  good('a resolve timeout', route('', 'global: {resolve_timeout: 10m}')),
  bad('a resolve timeout that is none', route('', 'global: {resolve_timeout: 10}'), '"10"'),
];

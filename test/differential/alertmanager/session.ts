/**
 * Random sessions with an Alertmanager: alerts and silences that come, change and end, good and bad ones, from small pools so that they
 * meet; and questions about them. Ids are numbers of silences made earlier, which each server has its own for.
 */

import fc from 'fast-check';

export interface Step {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** `{N}` stands for the id of the N-th silence that was made, or for one that never was. */
  readonly route: string;
  readonly body?: unknown;
}

const MINUTE = 60_000;

/** Offsets from the begin of the session, in minutes; Go's zero, none. */
const OFFSETS: readonly (number | 'zero' | undefined)[] = [-600, -60, -10, 10, 60, 600, undefined, 'zero'];

const VALUES: Readonly<Record<string, readonly string[]>> = {
  alertname: ['Disk', 'Net', 'Mem'],
  job: ['node', 'app', ''],
  instance: ['a:1', 'b:2', 'c "3"'],
  severity: ['page', 'info'],
};
const NAMES = Object.keys(VALUES);

const nameAndValue = fc
  .constantFrom(...NAMES)
  .chain((name) => fc.constantFrom(...VALUES[name]!).map((value) => [name, value] as const));
const labels = fc.array(nameAndValue, { maxLength: 4 }).map((pairs) => Object.fromEntries(pairs));

function time(startMs: number, offsets = OFFSETS): fc.Arbitrary<string | undefined> {
  return fc.constantFrom(...offsets).map((offset) => {
    if (offset === 'zero') return '0001-01-01T00:00:00.000Z';
    return offset === undefined ? undefined : new Date(startMs + offset * MINUTE).toISOString();
  });
}

function alerts(startMs: number): fc.Arbitrary<Step> {
  const alert = fc.record(
    {
      labels,
      annotations: fc.constantFrom({ summary: 'ä "x" <b>' }, { empty: '' }, {}),
      startsAt: time(startMs),
      endsAt: time(startMs),
      generatorURL: fc.constantFrom('http://x/graph?g0.expr=up%3D%3D0', ''),
    },
    { requiredKeys: ['labels'] },
  );
  // Of two of the same labels in one request, the groups of newer versions may have either: they are taken in side by side.
  const selector = (one: { labels: object }) =>
    String(
      Object.entries(one.labels)
        .filter(([, value]) => value !== '')
        .sort(),
    );
  const body = fc.uniqueArray(alert, { minLength: 1, maxLength: 3, selector });
  return body.map((list) => ({ method: 'POST', route: 'alerts', body: list }));
}

const matcher = fc.oneof(
  { weight: 6, arbitrary: nameAndValue.map(([name, value]) => ({ name, value, isRegex: false })) },
  {
    weight: 3,
    arbitrary: fc.record({
      name: fc.constantFrom(...NAMES),
      value: fc.constantFrom('D.*', 'a:1|b:2', '.+', '.*', 'node|', '(?i)PAGE', 'a:\\d', '['),
      isRegex: fc.constant(true),
      isEqual: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: nameAndValue.map(([name, value]) => ({ name, value, isRegex: false, isEqual: false })),
  },
);

/** Versions before 0.27 end the silence that is to be changed before they look at the new one. */
function silences(startMs: number, isOld: boolean): fc.Arbitrary<Step> {
  const body = fc.record({
    id: fc.constantFrom('', '', '', '{0}', '{1}', '{2}', '{99}'),
    matchers: fc.array(matcher, { minLength: 1, maxLength: 3 }),
    startsAt: time(startMs, [-600, -10, 10, 60, 'zero']).map((t) => t!),
    endsAt: time(startMs, [-10, 10, 60, 600, 600]).map((t) => t!),
    createdBy: fc.constantFrom('me', ''),
    comment: fc.constantFrom('why', 'longer "text"'),
  });
  const isPlain = ({ value, isRegex }: { value: string; isRegex: boolean }) => !isRegex && value !== '';
  return body
    .filter(({ id, matchers }) => !isOld || id === '' || matchers.every(isPlain))
    .map((silence) => ({ method: 'POST', route: 'silences', body: silence }));
}

const BAD_BODIES: readonly unknown[] = [
  '',
  '[',
  '{"a":1}',
  '[{}]',
  '[1,]',
  'null',
  '5',
  '{"matchers":[]}',
  '[] x',
];
const bad = fc
  .tuple(fc.constantFrom('alerts', 'silences'), fc.constantFrom(...BAD_BODIES))
  // Another version has other words for a list where a silence should be.
  .filter(([route, body]) => route === 'alerts' || !/^[[5]/.test(String(body)))
  .map(([route, body]): Step => ({ method: 'POST', route, body }));

const filter = fc.oneof(
  nameAndValue.map(([name, value]) => `${name}=${JSON.stringify(value)}`),
  fc.constantFrom(
    ...['severity=~"p.*"', 'job!=""', 'job=""', 'instance!~a.*', 'nope', 'a="b', 'x=~[', 'job=node'],
  ),
);
const flag = (name: string) =>
  fc.constantFrom('', '', 'true', 'false', '0', 'T', 'x').map((v) => (v === '' ? [] : [[name, v] as const]));

const question = fc
  .record({
    route: fc.constantFrom(
      'alerts',
      'alerts/groups',
      'silences',
      'silence/{0}',
      'silence/{1}',
      'silence/{99}',
      'receivers',
    ),
    filters: fc.array(filter, { maxLength: 2 }),
    flags: fc.tuple(flag('active'), flag('silenced'), flag('inhibited'), flag('unprocessed')),
    receiver: fc.constantFrom<readonly (readonly [string, string])[]>(
      [],
      [],
      [['receiver', 'shown.*']],
      [['receiver', 'x|[']],
    ),
  })
  .map(({ route, filters, flags, receiver }): Step => {
    const pairs = [...filters.map((text) => ['filter', text] as const), ...flags.flat(), ...receiver];
    if (route.startsWith('silence/') || route === 'receivers') return { method: 'GET', route };
    // The newest version chooses silences by state, too.
    const own = route === 'silences' ? pairs.filter(([name]) => name === 'filter') : pairs;
    return {
      method: 'GET',
      route: `${route}?${new URLSearchParams(own.map(([name, value]) => [name, value] as [string, string]))}`,
    };
  });

/** The steps of one session that begins at `startMs`. */
export function session(seed: number, startMs: number, steps: number, isOld: boolean): Step[] {
  const ended = fc
    .constantFrom('{0}', '{1}', '{2}', '{99}')
    .map((id): Step => ({ method: 'DELETE', route: `silence/${id}` }));
  const step = fc.oneof(
    { weight: 4, arbitrary: alerts(startMs) },
    { weight: 3, arbitrary: silences(startMs, isOld) },
    { weight: 1, arbitrary: ended },
    { weight: 1, arbitrary: bad },
    { weight: 8, arbitrary: question },
  );
  return fc.sample(step, { seed, numRuns: steps });
}

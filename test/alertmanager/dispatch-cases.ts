/** Random configurations and stories for the dispatcher, small enough that alerts meet: three names, two clusters, two severities. */

import fc from 'fast-check';
import {
  type ConfigCase,
  type LabelSet,
  type MatcherCase,
  matcherText,
  type RouteCase,
} from './route-model.ts';

export type Step =
  | {
      readonly kind: 'fire';
      readonly alert: LabelSet;
      readonly note: string;
      readonly forS: number | undefined;
    }
  | { readonly kind: 'end'; readonly alert: LabelSet }
  | { readonly kind: 'silence'; readonly matchers: readonly MatcherCase[]; readonly forS: number }
  | {
      readonly kind: 'fail';
      readonly receiver: string;
      readonly way: number;
      readonly forS: number;
      readonly isForGood: boolean;
    }
  | { readonly kind: 'restart'; readonly isKilled: boolean; readonly afterS: number }
  | { readonly kind: 'reload'; readonly config: number };

export interface Story {
  /** The first one is in force at first. */
  readonly configs: readonly ConfigCase[];
  /** Each so many seconds after the one before. */
  readonly steps: readonly (readonly [afterS: number, step: Step])[];
}

/** Before 15 minutes are over nothing is swept. */
const STEPS_MAX = 22;
const PAUSE_MAX_S = 25;
/** Half of them: much happens while something is under way. */
const SHORT_PAUSE_MAX_S = 3;
/** After the last step. */
export const REST_S = 120;

const RECEIVERS = ['one', 'two', 'quiet', 'none'];
const VALUES: Readonly<Record<string, readonly string[]>> = {
  alertname: ['A', 'B', 'C'],
  cluster: ['1', '2', ''],
  severity: ['x', 'y', ''],
};
const TIMES = ['first', 'second', 'third'];

const name = fc.constantFrom(...Object.keys(VALUES));
const labels = fc
  .record({
    alertname: fc.constantFrom(...VALUES.alertname!),
    cluster: fc.constantFrom(...VALUES.cluster!),
    severity: fc.constantFrom(...VALUES.severity!),
  })
  .map((all): LabelSet => Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')));

const matcher = name.chain((of) =>
  fc.oneof(
    fc.tuple(
      fc.constant(of),
      fc.constantFrom<MatcherCase[1]>('=', '!='),
      fc.constantFrom(...VALUES[of]!).map((value) => [value]),
    ),
    fc.tuple(
      fc.constant(of),
      fc.constantFrom<MatcherCase[1]>('=~', '!~'),
      fc.uniqueArray(fc.constantFrom(...VALUES[of]!.filter((value) => value !== '')), {
        minLength: 1,
        maxLength: 2,
      }),
    ),
  ),
);
const matchers = fc.uniqueArray(matcher, { minLength: 1, maxLength: 2, selector: matcherText });

const groupBy = fc.oneof(fc.constant(['...']), fc.uniqueArray(name, { minLength: 1, maxLength: 2 }));
const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const times = fc.oneof(
  { weight: 4, arbitrary: fc.constant([]) },
  fc.uniqueArray(fc.constantFrom(...TIMES), { minLength: 1 }),
);

function route(depth: number): fc.Arbitrary<RouteCase> {
  return fc.record({
    receiver: some(fc.constantFrom(...RECEIVERS)),
    groupBy: some(groupBy),
    matchers,
    waitS: some(fc.constantFrom(0, 5, 10, 30)),
    intervalS: some(fc.constantFrom(5, 10, 20, 60)),
    repeatS: some(fc.constantFrom(15, 30, 60, 240)),
    continue: fc.boolean(),
    muteAt: times,
    activeAt: times,
    routes: depth === 0 ? fc.constant([]) : fc.array(route(depth - 1), { maxLength: 2 }),
  });
}

const config: fc.Arbitrary<ConfigCase> = fc.record({
  route: fc.record({
    receiver: fc.constantFrom('one', 'two'),
    groupBy: some(groupBy),
    matchers: fc.constant([]),
    waitS: fc.constantFrom(0, 5, 10),
    intervalS: fc.constantFrom(5, 10, 20),
    repeatS: fc.constantFrom(15, 30, 60),
    continue: fc.constant(false),
    muteAt: fc.constant([]),
    activeAt: fc.constant([]),
    routes: fc.array(route(1), { maxLength: 3 }),
  }),
  inhibit: fc.array(
    fc.record({ source: matchers, target: matchers, equal: fc.uniqueArray(name, { maxLength: 2 }) }),
    { maxLength: 2 },
  ),
  times: fc.constant({ first: [0, 2], second: [2, 6], third: [3, 4] } as const),
  receivers: fc.constant({ one: [true], two: [true, false], quiet: [false], none: [] }),
});

export const story: fc.Arbitrary<Story> = fc
  .record({
    configs: fc.array(config, { minLength: 1, maxLength: 2 }),
    alerts: fc.array(labels, { minLength: 2, maxLength: 4 }),
  })
  .chain(({ configs, alerts }) => {
    const alert = fc.constantFrom(...alerts);
    const kind = <K extends Step['kind']>(of: K) => fc.constant(of);
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: kind('fire'),
          alert,
          note: fc.constantFrom('', '', '', 'worse'),
          forS: some(fc.constantFrom(20, 60, 3600)),
        }),
      },
      { weight: 4, arbitrary: fc.record({ kind: kind('end'), alert }) },
      {
        weight: 1,
        arbitrary: fc.record({
          kind: kind('silence'),
          matchers: positive(alerts),
          forS: fc.integer({ min: 1, max: 60 }),
        }),
      },
      {
        weight: 4,
        arbitrary: fc
          .constantFrom(['one', 0] as const, ['two', 0] as const, ['two', 1] as const, ['quiet', 0] as const)
          .chain(([receiver, way]) =>
            fc.record({
              ...{ kind: kind('fail'), receiver: fc.constant(receiver), way: fc.constant(way) },
              ...{ forS: fc.integer({ min: 1, max: 40 }), isForGood: fc.boolean() },
            }),
          ),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: kind('restart'), isKilled: fc.boolean(), afterS: fc.nat(PAUSE_MAX_S) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: kind('reload'), config: fc.nat(configs.length - 1) }) },
    );
    const steps = fc.array(fc.tuple(fc.oneof(fc.nat(SHORT_PAUSE_MAX_S), fc.nat(PAUSE_MAX_S)), step), {
      minLength: 3,
      maxLength: STEPS_MAX,
      size: 'max',
    });
    return fc.record({ configs: fc.constant(configs), steps });
  });

/** Labels that an alert has, since a silence that matches all is none. */
function positive(alerts: readonly LabelSet[]): fc.Arbitrary<MatcherCase[]> {
  return fc
    .constantFrom(...alerts)
    .chain((one) =>
      fc
        .subarray(Object.entries(one), { minLength: 1 })
        .map((pairs) => pairs.map(([of, value]): MatcherCase => [of, '=', [value]])),
    );
}

/** As a configuration of Alertmanager's. */
export function configText({ route: root, inhibit, times: of, receivers }: ConfigCase): string {
  const hooks = (ways: readonly boolean[]) =>
    ways.map((tellsOver, way) => ({ url: `http://${way}`, send_resolved: tellsOver }));
  const clock = (minute: number) => `00:${String(minute).padStart(2, '0')}`;
  return JSON.stringify({
    route: routeJson(root),
    inhibit_rules: inhibit.map(({ source, target, equal }) => ({
      ...{ source_matchers: source.map(matcherText), target_matchers: target.map(matcherText), equal },
    })),
    time_intervals: Object.entries(of).map(([id, [from, to]]) => ({
      ...{ name: id, time_intervals: [{ times: [{ start_time: clock(from), end_time: clock(to) }] }] },
    })),
    receivers: Object.entries(receivers).map(([id, ways]) => ({ name: id, webhook_configs: hooks(ways) })),
  });
}

function routeJson(of: RouteCase): object {
  const seconds = (s: number | undefined) => (s === undefined ? undefined : `${s}s`);
  return {
    receiver: of.receiver,
    group_by: of.groupBy,
    matchers: of.matchers.length > 0 ? of.matchers.map(matcherText) : undefined,
    group_wait: seconds(of.waitS),
    group_interval: seconds(of.intervalS),
    repeat_interval: seconds(of.repeatS),
    continue: of.continue || undefined,
    mute_time_intervals: of.muteAt.length > 0 ? of.muteAt : undefined,
    active_time_intervals: of.activeAt.length > 0 ? of.activeAt : undefined,
    routes: of.routes.map(routeJson),
  };
}

/**
 * One unit test of rules: its input is loaded as time goes on, the rules are evaluated by the code that evaluates them in a
 * server, and what fires and what queries answer is compared with what the test expects.
 */

import { formatDuration } from '../../model/duration.ts';
import { TriliteError } from '../../model/errors.ts';
import type { Labels } from '../../model/labels.ts';
import {
  MemoryMetrics,
  type MemorySample,
  type MemorySeries,
  memoryReader,
} from '../../query/script/memory-metrics.ts';
import { type Command, parseScript } from '../../query/script/parse-script.ts';
import { loadedSamples } from '../../query/script/run-script.ts';
import type { RuleYaml } from '../check-file.ts';
import { Group, type GroupParts } from '../group.ts';
import type { CheckedGroup } from '../rule-group.ts';
import { RuleRunner } from '../rule-runner.ts';
import { DEFAULT_ALERT_SETTINGS } from '../rule-settings.ts';
import { checkAlerts } from './alert-check.ts';
import { MemoryAppender } from './memory-appender.ts';
import { ownThreadRunner, TestClock, testQuerySettings } from './own-thread.ts';
import { QUIET_LOG, UNTOLD } from './quiet.ts';
import { checkSamples } from './sample-check.ts';
import type { TestFailure } from './test-failure.ts';
import type { AlertTest, RuleTest } from './test-file.ts';

/** A group and the file that it is from. */
export interface TestedGroup {
  readonly file: string;
  readonly checked: CheckedGroup;
}

export interface TestSurroundings {
  readonly yaml: RuleYaml;
  /** In the order in which they are evaluated. */
  readonly groups: readonly TestedGroup[];
  readonly evaluationIntervalMs: number;
  readonly fuzzyCompare: boolean;
  /** Gets everything that is there at the end of the test. */
  readonly onDump?: ((series: readonly MemorySeries[]) => void) | undefined;
}

/** A series whose samples come one by one. */
interface PendingSeries {
  readonly labels: Labels;
  readonly samples: readonly MemorySample[];
  at: number;
}

/** Resolves with everything that is wrong. */
export async function runRuleTest(test: RuleTest, around: TestSurroundings): Promise<TestFailure[]> {
  const fault = testFault(test);
  if (fault !== undefined) return [{ kind: 'test', message: fault }];
  let pending: PendingSeries[];
  try {
    pending = parseInput(test);
  } catch (error) {
    if (!(error instanceof TriliteError)) throw error;
    return [{ kind: 'test', message: error.message }];
  }
  const metrics = new MemoryMetrics();
  const storage = memoryReader(metrics);
  const query = testQuerySettings(around.evaluationIntervalMs);
  const clock = new TestClock();
  const groups = makeGroups(test, around.groups, {
    runner: new RuleRunner({
      runner: ownThreadRunner({ storage, yaml: around.yaml, query }),
      ...{ clock, concurrency: 1, timeoutMs: 0 },
    }),
    appender: new MemoryAppender(metrics),
    clock,
  });
  const failures = await playThrough(test, around.evaluationIntervalMs, { groups, clock, metrics, pending });
  if (failures.some((failure) => failure.kind === 'rule')) return failures;
  const context = { storage, signal: new AbortController().signal, query };
  const { fuzzyCompare, onDump } = around;
  for (const exprTest of test.exprTests) {
    const failure = await checkSamples(exprTest, { context, startMs: test.startMs, fuzzyCompare });
    if (failure) failures.push(failure);
  }
  onDump?.(metrics.all());
  return failures;
}

function testFault({ alertTests, name }: RuleTest): string | undefined {
  const nameless = alertTests.find((alert) => alert.alertname === '');
  if (!nameless) return undefined;
  const where = name === '' ? '' : ` (in TestGroup ${name})`;
  const when = formatDuration(nameless.evalTimeMs);
  return `an item under alert_rule_test misses required attribute alertname at eval_time ${when}${where}`;
}

/** Throws `bad_data`; the message tells which series it is about. */
function parseInput({ inputSeries, intervalMs, startMs }: RuleTest): PendingSeries[] {
  const lines = inputSeries.map(({ series, values }) => `  ${series} ${values}`);
  let commands: Command[];
  try {
    commands = parseScript([`load ${formatDuration(intervalMs)}`, ...lines].join('\n'));
  } catch (error) {
    // Told by the line of a script that the file does not have.
    throw new TriliteError('bad_data', (error as Error).message.replace(/^\d+: /, 'input_series: '));
  }
  return commands
    .filter((command) => command.kind === 'load')
    .flatMap(({ series, stepMs }) =>
      series.map((one) => ({ labels: one.labels, samples: loadedSamples(one, stepMs, startMs), at: 0 })),
    );
}

function makeGroups(
  { intervalMs, externalLabels, externalUrl }: RuleTest,
  groups: readonly TestedGroup[],
  thread: Pick<GroupParts, 'runner' | 'appender' | 'clock'>,
): Group[] {
  const alerts = DEFAULT_ALERT_SETTINGS;
  const settings = { intervalMs, queryOffsetMs: 0, alerts, externalLabels, externalUrl };
  const parts: GroupParts = { ...thread, log: QUIET_LOG, telemetry: UNTOLD, settings: () => settings };
  return groups.map(({ file, checked }) => {
    const id = { tenant: '', language: 'promql' as const, namespace: file, name: checked.definition.name };
    return new Group(id, checked, parts);
  });
}

interface Stage {
  readonly groups: readonly Group[];
  readonly clock: TestClock;
  readonly metrics: MemoryMetrics;
  readonly pending: readonly PendingSeries[];
}

/** Evaluates at every moment up to the last that is asked for. A rule that fails ends it. */
async function playThrough(test: RuleTest, intervalMs: number, stage: Stage): Promise<TestFailure[]> {
  const { groups, clock, metrics, pending } = stage;
  const failures: TestFailure[] = [];
  const waiting = test.alertTests.toSorted((a, b) => a.evalTimeMs - b.evalTimeMs);
  const endMs = test.startMs + lastTimeMs(test);
  for (let timeMs = test.startMs; timeMs <= endMs; timeMs += intervalMs) {
    clock.nowMs = timeMs;
    for (const series of pending) loadUpTo(metrics, series, timeMs);
    for (const group of groups) {
      await group.evaluate(timeMs);
      for (const { name, lastError } of group.rules) {
        if (lastError !== '') failures.push({ kind: 'rule', rule: name, timeMs, message: lastError });
      }
    }
    if (failures.some((failure) => failure.kind === 'rule')) return failures;
    for (const due of takeDue(waiting, timeMs + intervalMs - test.startMs)) {
      const failure = checkAlerts(test.name, groups, due);
      if (failure) failures.push(failure);
    }
  }
  return failures;
}

/** Takes the tests whose time is before `endMs`: they are of the evaluation that was last. */
function takeDue(waiting: AlertTest[], endMs: number): AlertTest[] {
  const later = waiting.findIndex((test) => test.evalTimeMs >= endMs);
  return waiting.splice(0, later < 0 ? waiting.length : later);
}

function loadUpTo(metrics: MemoryMetrics, series: PendingSeries, timeMs: number): void {
  const from = series.at;
  while (series.at < series.samples.length && series.samples[series.at]!.timestampMs <= timeMs) series.at++;
  if (series.at > from) metrics.add(series.labels, series.samples.slice(from, series.at));
}

/** The last moment that anything is asked of, from the test's start. */
function lastTimeMs({ alertTests, exprTests }: RuleTest): number {
  return Math.max(0, ...alertTests.map((t) => t.evalTimeMs), ...exprTests.map((t) => t.evalTimeMs));
}

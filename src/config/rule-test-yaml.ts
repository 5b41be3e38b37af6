/** Files of unit tests of rules, in promtool's form, read strictly. */

import { dirname, isAbsolute, join } from 'node:path';
import * as yaml from 'yaml';
import { parseDuration } from '../model/duration.ts';
import { parseTimeMs } from '../model/time.ts';
import type {
  AlertTest,
  ExpectedAlert,
  ExpectedSample,
  ExprTest,
  InputSeries,
  RuleTest,
  RuleTestFile,
} from '../rules/unit-test/test-file.ts';
import { readStringMap } from './node-values.ts';
import { parseYaml, type YamlNode } from './yaml-node.ts';

const DEFAULT_INTERVAL_MS = 60_000;

/** Throws `ConfigError` with file, line and column. */
export function parseRuleTests(file: string, text: string): RuleTestFile {
  const root = parseYaml(yaml, file, text);
  const fields = root?.fields([
    'rule_files',
    'evaluation_interval',
    'group_eval_order',
    'tests',
    'fuzzy_compare',
  ]);
  const evaluationIntervalMs = fields?.read('evaluation_interval', readDuration, 0) || DEFAULT_INTERVAL_MS;
  return {
    ruleFiles: fields?.read('rule_files', (v) => v.strings().map((path) => beside(file, path)), []) ?? [],
    evaluationIntervalMs,
    groupOrder: fields?.read('group_eval_order', readOrder, []) ?? [],
    fuzzyCompare: fields?.read('fuzzy_compare', (v) => v.boolean(), false) ?? false,
    tests:
      fields?.read('tests', (v) => v.list().map((test) => readTest(test, evaluationIntervalMs)), []) ?? [],
  };
}

function beside(file: string, path: string): string {
  return path === '' || isAbsolute(path) ? path : join(dirname(file), path);
}

function readDuration(node: YamlNode): number {
  return node.parsed(parseDuration);
}

function readOrder(node: YamlNode): string[] {
  const seen = new Set<string>();
  return node.list().map((item) => {
    const name = item.string();
    if (seen.has(name)) item.fail(`group name repeated in evaluation order: ${name}`);
    seen.add(name);
    return name;
  });
}

function readTest(node: YamlNode, defaultIntervalMs: number): RuleTest {
  const fields = node.fields([
    ...['interval', 'input_series', 'alert_rule_test', 'promql_expr_test', 'external_labels', 'external_url'],
    ...['name', 'start_timestamp'],
  ]);
  const list = <T>(key: string, read: (item: YamlNode) => T): T[] =>
    fields.read(key, (v) => v.list().map(read), []);
  return {
    name: fields.read('name', (v) => v.string(), ''),
    intervalMs: fields.read('interval', readDuration, 0) || defaultIntervalMs,
    inputSeries: list('input_series', readSeries),
    alertTests: list('alert_rule_test', readAlertTest),
    exprTests: list('promql_expr_test', readExprTest),
    externalLabels: fields.read('external_labels', readStringMap, {}),
    externalUrl: fields.read('external_url', (v) => v.string(), ''),
    startMs: fields.read('start_timestamp', readTime, 0),
  };
}

function readTime(node: YamlNode): number {
  const text = node.string();
  return parseTimeMs(text) ?? node.fail(`cannot parse ${JSON.stringify(text)} to a valid timestamp`);
}

function readSeries(node: YamlNode): InputSeries {
  const fields = node.fields(['series', 'values']);
  const string = (key: string) => fields.read(key, (v) => v.string(), '');
  return { series: string('series'), values: string('values') };
}

function readAlertTest(node: YamlNode): AlertTest {
  const fields = node.fields(['eval_time', 'alertname', 'exp_alerts']);
  return {
    evalTimeMs: fields.read('eval_time', readDuration, 0),
    alertname: fields.read('alertname', (v) => v.string(), ''),
    expected: fields.read('exp_alerts', (v) => v.list().map(readAlert), []),
  };
}

function readAlert(node: YamlNode): ExpectedAlert {
  const fields = node.fields(['exp_labels', 'exp_annotations']);
  return {
    labels: fields.read('exp_labels', readStringMap, {}),
    annotations: fields.read('exp_annotations', readStringMap, {}),
  };
}

function readExprTest(node: YamlNode): ExprTest {
  const fields = node.fields(['expr', 'eval_time', 'exp_samples']);
  return {
    expr: fields.read('expr', (v) => v.string(), ''),
    evalTimeMs: fields.read('eval_time', readDuration, 0),
    expected: fields.read('exp_samples', (v) => v.list().map(readSample), []),
  };
}

function readSample(node: YamlNode): ExpectedSample {
  const fields = node.fields(['labels', 'value', 'histogram']);
  return {
    labels: fields.read('labels', (v) => v.string(), ''),
    value: fields.read('value', readFloat, 0),
    histogram: fields.read('histogram', (v) => v.string(), ''),
  };
}

function readFloat(node: YamlNode): number {
  const { type, value } = node.typed();
  return type === 'int' || type === 'float'
    ? value
    : node.fail(`expected a number, got ${JSON.stringify(value)}`);
}

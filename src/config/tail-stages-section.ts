/**
 * `pipeline_stages:` of a job that follows files: from YAML to `StageConfig`, defaults filled in. Expressions,
 * patterns, templates, selectors and zones are tried here, so that a mistake is told with its place before anything
 * runs; unlike the original, which takes unknown keys and finds some mistakes only on the first line.
 */

import { zoneOffsetMs } from '../model/time-zone.ts';
import { checkJmespath, loadJmespath, needsJmespath } from '../tail/pipeline/stage/json.ts';
import { compileSelector } from '../tail/pipeline/stage/selector.ts';
import { checkTemplate } from '../tail/pipeline/stage/template.ts';
import {
  type MatchStageConfig,
  type NamedSources,
  STAGE_DEFAULTS,
  type StageConfig,
  type TimestampStageConfig,
} from '../tail/pipeline/stage-config.ts';
import { readDrop, readLimit, readMultiline, readSampling } from './tail-flow-stages.ts';
import { readMetrics } from './tail-metrics-stage.ts';
import {
  checkedRegex,
  labelName,
  nonEmpty,
  optionalSource,
  requiredText,
  sizeOf,
} from './tail-stage-values.ts';
import type { YamlNode } from './yaml-node.ts';

/** A JMESPath expression to be tried once the library is there. */
interface Expression {
  readonly node: YamlNode;
  readonly text: string;
}

/** A stage's reader; `node` is what stands behind the stage's name, `item` the list's entry. */
type StageReader = (node: YamlNode, expressions: Expression[]) => StageConfig;

const READERS: Readonly<Record<string, StageReader>> = {
  json: readJson,
  regex: readRegex,
  logfmt: readLogfmt,
  replace: readReplace,
  template: readTemplate,
  labels: (node) => ({ kind: 'labels', labels: readLabelSources(node) }),
  structured_metadata: (node) => ({ kind: 'structured_metadata', labels: readLabelSources(node) }),
  // The name that it had at first.
  non_indexed_labels: (node) => ({ kind: 'structured_metadata', labels: readLabelSources(node) }),
  static_labels: readStaticLabels,
  labeldrop: (node) => ({ kind: 'labeldrop', names: readNames(node) }),
  labelallow: (node) => ({ kind: 'labelallow', names: readNames(node) }),
  timestamp: readTimestamp,
  output: (node) => ({ kind: 'output', source: requiredText(node.fields(['source']), 'source') }),
  match: readMatch,
  drop: readDrop,
  multiline: readMultiline,
  pack: readPack,
  cri: readCri,
  tenant: readTenant,
  limit: readLimit,
  sampling: readSampling,
  metrics: readMetrics,
};

/** Stages that may stand there by name alone. */
const BARE_STAGES: Readonly<Record<string, StageConfig>> = {
  docker: { kind: 'docker' },
  cri: { kind: 'cri', maxPartialLines: STAGE_DEFAULTS.cri.maxPartialLines, maxLineBytes: undefined },
  decolorize: { kind: 'decolorize' },
};

const UNSUPPORTED: readonly string[] = ['eventlogmessage', 'geoip'];

/**
 * Reads the list. Loads the JMESPath library where an expression needs it. Rejects with `ConfigError`: file, line,
 * column, path, and what is wrong.
 */
export async function readPipelineStages(node: YamlNode): Promise<readonly StageConfig[]> {
  const expressions: Expression[] = [];
  const stages = readStages(node, expressions);
  if (expressions.length > 0) {
    const jmespath = await loadJmespath();
    for (const { node: at, text } of expressions) {
      try {
        checkJmespath(jmespath, text);
      } catch (error) {
        at.fail(`${JSON.stringify(text)} is no JMESPath expression: ${(error as Error).message}`);
      }
    }
  }
  return stages;
}

function readStages(node: YamlNode, expressions: Expression[]): StageConfig[] {
  return node.list().map((item) => readStage(item, expressions));
}

function readStage(item: YamlNode, expressions: Expression[]): StageConfig {
  if (!item.isMap) item.fail('expected a stage such as "regex: {expression: …}"');
  const entries = item.entries();
  const [name, node] = entries[0] ?? item.fail('a stage has no name');
  if (entries.length > 1) {
    const names = entries.map(([key]) => key).join(', ');
    item.fail(`a stage has one key, its name; here are ${names}`);
  }
  if (UNSUPPORTED.includes(name)) item.fail(`the stage ${name} is not supported`);
  const bare = Object.hasOwn(BARE_STAGES, name) ? BARE_STAGES[name] : undefined;
  if (bare && (node === undefined || bare.kind !== 'cri')) {
    node?.fields([]);
    return bare;
  }
  const reader = Object.hasOwn(READERS, name) ? READERS[name] : undefined;
  if (!reader) {
    const known = [...new Set([...Object.keys(READERS), ...Object.keys(BARE_STAGES)])].sort();
    item.fail(`unknown stage ${JSON.stringify(name)}; expected one of ${known.join(', ')}`);
  }
  return reader(node ?? item.fail(`the ${name} stage says nothing`), expressions);
}

/** `name: source`; an empty source is the name itself. */
function readSources(node: YamlNode): NamedSources {
  const entries = node.entries();
  if (entries.length === 0) node.fail('at least one is required');
  return entries.map(([name, value]) => [name, value?.string() || name]);
}

function readLabelSources(node: YamlNode): NamedSources {
  for (const [name] of node.entries()) labelName(name, node);
  return readSources(node);
}

function readStaticLabels(node: YamlNode): StageConfig {
  const labels = node
    .entries()
    .map(([name, value]) => [labelName(name, node), value?.string() ?? ''] as const);
  return { kind: 'static_labels', labels };
}

function readNames(node: YamlNode): string[] {
  const names = node.strings();
  return names.length > 0 ? names : node.fail('at least one label is required');
}

function readJson(node: YamlNode, expressions: Expression[]): StageConfig {
  const fields = node.fields(['expressions', 'source', 'drop_malformed']);
  const list = fields.require('expressions');
  for (const [name, value] of list.entries()) {
    const text = value?.string() || name;
    if (needsJmespath(text)) expressions.push({ node: value ?? list, text });
  }
  return {
    kind: 'json',
    expressions: readSources(list),
    source: optionalSource(fields),
    dropMalformed: fields.read('drop_malformed', (v) => v.boolean(), false),
  };
}

function readRegex(node: YamlNode): StageConfig {
  const fields = node.fields(['expression', 'source']);
  return {
    kind: 'regex',
    expression: checkedRegex(nonEmpty(fields.require('expression'))),
    source: optionalSource(fields),
  };
}

function readLogfmt(node: YamlNode): StageConfig {
  const fields = node.fields(['mapping', 'source']);
  return { kind: 'logfmt', mapping: readSources(fields.require('mapping')), source: optionalSource(fields) };
}

function readReplace(node: YamlNode): StageConfig {
  const fields = node.fields(['expression', 'source', 'replace']);
  return {
    kind: 'replace',
    expression: checkedRegex(nonEmpty(fields.require('expression'))),
    source: optionalSource(fields),
    replace: fields.read('replace', checkedTemplate, ''),
  };
}

function checkedTemplate(node: YamlNode): string {
  return node.parsed((text) => {
    checkTemplate(text);
    return text;
  });
}

function readTemplate(node: YamlNode): StageConfig {
  const fields = node.fields(['source', 'template']);
  return {
    kind: 'template',
    source: requiredText(fields, 'source'),
    template: fields.read('template', checkedTemplate, ''),
  };
}

function readTimestamp(node: YamlNode): TimestampStageConfig {
  const fields = node.fields(['source', 'format', 'fallback_formats', 'location', 'action_on_failure']);
  const format = requiredText(fields, 'format');
  return {
    kind: 'timestamp',
    source: requiredText(fields, 'source'),
    formats: [format, ...fields.read('fallback_formats', (v) => v.strings(), [])],
    location: fields.read('location', readLocation, undefined),
    onFailure: fields.read('action_on_failure', (v) => v.oneOf(['fudge', 'skip'] as const), 'fudge'),
  };
}

/** `Local` is the machine's own. */
function readLocation(node: YamlNode): string {
  const name = node.string();
  const zone = name === 'Local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : name;
  return zoneOffsetMs(zone, 0) === undefined ? node.fail(`unknown time zone ${JSON.stringify(name)}`) : zone;
}

function readMatch(node: YamlNode, expressions: Expression[]): MatchStageConfig {
  const fields = node.fields(['selector', 'stages', 'action', 'pipeline_name', 'drop_counter_reason']);
  const action = fields.read('action', (v) => v.oneOf(['keep', 'drop'] as const), 'keep');
  const stages = fields.read('stages', (v) => readStages(v, expressions), []);
  if (action === 'keep' && stages.length === 0) node.fail('at least one stage is required in "stages"');
  if (action === 'drop' && stages.length > 0)
    fields.require('stages').fail('stages make no sense with action drop');
  const selector = nonEmpty(fields.require('selector')).parsed((text) => {
    compileSelector(text);
    return text;
  });
  return {
    kind: 'match',
    ...{ selector, action, stages },
    pipelineName: fields.read('pipeline_name', (v) => nonEmpty(v).string(), undefined),
    dropReason: fields.read('drop_counter_reason', (v) => v.string(), '') || STAGE_DEFAULTS.match.reason,
  };
}

function readPack(node: YamlNode): StageConfig {
  const fields = node.fields(['labels', 'ingest_timestamp']);
  return {
    kind: 'pack',
    labels: fields.read('labels', (v) => v.strings(), []),
    ingestTimestamp: fields.read('ingest_timestamp', (v) => v.boolean(), true),
  };
}

function readCri(node: YamlNode): StageConfig {
  const keys = ['max_partial_lines', 'max_partial_line_size', 'max_partial_line_size_truncate'];
  const fields = node.fields(keys);
  const truncates = fields.read('max_partial_line_size_truncate', (v) => v.boolean(), false);
  const size = fields.read('max_partial_line_size', sizeOf, 0);
  return {
    kind: 'cri',
    maxPartialLines:
      fields.read('max_partial_lines', (v) => v.count(), 0) || STAGE_DEFAULTS.cri.maxPartialLines,
    maxLineBytes: truncates ? size : undefined,
  };
}

function readTenant(node: YamlNode): StageConfig {
  const fields = node.fields(['label', 'source', 'value']);
  const text = (key: string) => fields.read(key, (v) => v.string(), '') || undefined;
  const [label, source, value] = [text('label'), text('source'), text('value')];
  const count = [label, source, value].filter((v) => v !== undefined).length;
  if (count === 0) node.fail('one of label, source and value is required');
  if (count > 1) node.fail('label, source and value exclude each other');
  return { kind: 'tenant', label, source, value };
}

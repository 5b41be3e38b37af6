/** From the configuration of stages to a pipeline that runs. */

import { setTimeout as delay } from 'node:timers/promises';
import { unreachable } from '../../base/assert.ts';
import type { Telemetry } from '../../base/telemetry.ts';
import { stripAnsi } from '../../model/ansi.ts';
import type { EntryPipeline, EntrySink, TailEntry } from './entry.ts';
import { CRI_STAGES, cutCri, DOCKER_STAGES, PartialLines } from './stage/container.ts';
import { compileDrop, compileSampling } from './stage/drop.ts';
import { textOf } from './stage/extracted.ts';
import { compileJson, loadJmespath, needsJmespath } from './stage/json.ts';
import {
  compileLabelAllow,
  compileLabelDrop,
  compileLabels,
  compileStaticLabels,
  compileStructuredMetadata,
  compileTenant,
} from './stage/labels.ts';
import { compileLimit } from './stage/limit.ts';
import { compileMatch } from './stage/match.ts';
import { compileMetrics } from './stage/metrics.ts';
import { MultilineStage } from './stage/multiline.ts';
import { compilePack } from './stage/pack.ts';
import { compileLogfmt, compileRegex } from './stage/parse.ts';
import type { EntryStep, Stage, StageContext } from './stage/stage.ts';
import { compileReplace, compileTemplateStage } from './stage/template.ts';
import { compileTimestamp } from './stage/timestamp.ts';
import type { MatchStageConfig, StageConfig } from './stage-config.ts';
import { StageList } from './stage-list.ts';

export interface PipelineOptions {
  /** Name of the scrape configuration; labels what the stages count. */
  readonly jobName: string;
  /** The clock, milliseconds since 1970. */
  readonly now: () => number;
  readonly telemetry: Telemetry;
  /** 0 inclusive to 1 exclusive; `Math.random` where it is left out. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds; a timer where it is left out. */
  readonly wait?: (ms: number) => Promise<void>;
}

interface CompileContext extends StageContext {
  readonly jmespath: Awaited<ReturnType<typeof loadJmespath>> | undefined;
}

/**
 * Compiles stages that the configuration has checked. Loads what some need and others do not. Rejects with
 * `TriliteError` (`bad_data`) where a stage cannot be, such as a metric whose name another one has.
 */
export async function compilePipeline(
  stages: readonly StageConfig[],
  options: PipelineOptions,
): Promise<EntryPipeline> {
  const { jobName, now, telemetry, random = Math.random, wait = (ms) => delay(ms) } = options;
  const jmespath = stages.some(usesJmespath) ? await loadJmespath() : undefined;
  return new Pipeline(compileList(stages, { jobName, now, telemetry, random, wait, jmespath }));
}

function usesJmespath(stage: StageConfig): boolean {
  if (stage.kind === 'match') return stage.stages.some(usesJmespath);
  return stage.kind === 'json' && stage.expressions.some(([, expression]) => needsJmespath(expression));
}

class Pipeline implements EntryPipeline {
  readonly #stages: StageList;

  constructor(stages: StageList) {
    this.#stages = stages;
  }

  push(entry: TailEntry, sink: EntrySink): void | Promise<void> {
    return this.#stages.process(entry, sink);
  }

  tick(nowMs: number, sink: EntrySink): void {
    this.#stages.tick(nowMs, sink);
  }

  flush(sink: EntrySink): void {
    this.#stages.flush(sink);
  }

  held(visit: (entry: TailEntry) => void): void {
    this.#stages.held(visit);
  }
}

function compileList(configs: readonly StageConfig[], context: CompileContext): StageList {
  return new StageList(compileAll(configs, context));
}

function compileAll(configs: readonly StageConfig[], context: CompileContext): (EntryStep | Stage)[] {
  return configs.map((config) => compileStage(config, context));
}

function compileStage(config: StageConfig, context: CompileContext): EntryStep | Stage {
  switch (config.kind) {
    case 'json':
      return compileJson(config, context.jmespath);
    case 'regex':
      return compileRegex(config);
    case 'logfmt':
      return compileLogfmt(config);
    case 'replace':
      return compileReplace(config);
    case 'template':
      return compileTemplateStage(config);
    case 'labels':
      return compileLabels(config.labels);
    case 'structured_metadata':
      return compileStructuredMetadata(config.labels);
    case 'static_labels':
      return compileStaticLabels(config.labels);
    case 'labeldrop':
      return compileLabelDrop(config.names);
    case 'labelallow':
      return compileLabelAllow(config.names);
    case 'timestamp':
      return compileTimestamp(config, context);
    case 'output':
      return compileOutput(config.source);
    case 'match':
      return compileNested(config, context);
    case 'drop':
      return compileDrop(config, context);
    case 'multiline':
      return new MultilineStage(config, context);
    case 'pack':
      return compilePack(config, context);
    case 'docker':
      return compileList(DOCKER_STAGES, context);
    case 'cri':
      return new StageList([cutCri, ...compileAll(CRI_STAGES, context), new PartialLines(config)]);
    case 'tenant':
      return compileTenant(config);
    case 'limit':
      return compileLimit(config, context);
    case 'sampling':
      return compileSampling(config, context);
    case 'decolorize':
      return decolorize;
    case 'metrics':
      return compileMetrics(config.metrics, context);
    default:
      return unreachable(config, 'stage');
  }
}

function compileNested(config: MatchStageConfig, context: CompileContext): EntryStep | Stage {
  const { pipelineName } = config;
  const jobName = pipelineName === undefined ? context.jobName : `${context.jobName}_${pipelineName}`;
  return compileMatch(config, context, compileList(config.stages, { ...context, jobName }));
}

/** The line becomes the value, where there is one. */
function compileOutput(source: string): EntryStep {
  return (entry) => {
    entry.line = textOf(entry.extracted.get(source)) ?? entry.line;
    return true;
  };
}

const decolorize: EntryStep = (entry) => {
  entry.line = stripAnsi(entry.line);
  return true;
};

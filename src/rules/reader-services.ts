/**
 * What of rules runs in a reader thread, as services by name: reading and checking definitions, evaluating, finding the
 * state of alerts that a process before this one left. Requests are JSON in the body; evaluations answer in columns
 * (`rule-result.ts`).
 */

import { utf8Decode, utf8Encode } from '../base/bytes.ts';
import { TriliteError } from '../model/errors.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import type { Service, ServiceAnswer, ServiceContext, ServiceRequest } from '../query/service.ts';
import { compileAlertText } from './alert-template.ts';
import { type ForStateQuery, readForState } from './for-state.ts';
import { ruleLanguage } from './languages.ts';
import type { CheckedGroup, GroupDefinition, RuleDefinition, RuleLanguageName } from './rule-group.ts';
import { encodeResult, type RuleElement } from './rule-result.ts';
import { checkGroup, checkGroups, type RuleFault } from './validate.ts';

/** Reads and writes definitions as YAML; the parser is not this room's. */
export interface RuleYaml {
  /** One group, as it is posted: what is not known is passed over. Throws `bad_data` where it is none. */
  parseGroup(text: string): GroupDefinition;
  /**
   * A file of groups, read strictly, or passing over keys that are not known. Throws an error that says file, line and
   * column.
   */
  parseFile(file: string, text: string, unknownKeys?: 'refused' | 'ignored'): FileGroups;
  /** A group, or a mapping of namespaces to lists of groups. */
  print(value: GroupDefinition | Readonly<Record<string, readonly GroupDefinition[]>>): string;
}

export interface FileGroups {
  readonly groups: readonly GroupDefinition[];
  /** `file:line:column` of a fault that was found in group `i`. */
  position(group: number, fault: RuleFault): string;
  /** `line:column` of a rule's value, `0:0` where it is not given. */
  place(group: number, rule: number, key: keyof RuleDefinition): string;
}

/** Body of `rules.record` and `rules.alert`. */
export interface EvaluationRequest {
  readonly language: RuleLanguageName;
  readonly query: string;
  /** At which the query looks. */
  readonly timeMs: number;
  /** The rule's name: of its series, or of its alerts. */
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Of an alerting rule. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** Body of `rules.check_file`. */
export interface FileRequest {
  readonly language: RuleLanguageName;
  readonly file: string;
  readonly text: string;
}

export function ruleServices(yaml: RuleYaml): Readonly<Record<string, Service>> {
  return {
    'rules.check': (request) => check(request, yaml),
    'rules.check_file': (request) => checkFile(request, yaml),
    'rules.print': async (request) => text(200, yaml.print(bodyOf(request))),
    'rules.record': record,
    'rules.alert': alert,
    'rules.for_state': async (request, context) =>
      binary(await readForState(bodyOf<ForStateQuery>(request), context)),
  };
}

function bodyOf<T>(request: ServiceRequest): T {
  return JSON.parse(utf8Decode(request.body ?? new Uint8Array(0))) as T;
}

function text(status: number, value: string): ServiceAnswer {
  return { status, contentType: 'text/plain', body: utf8Encode(value) };
}

function json(value: unknown): ServiceAnswer {
  return { status: 200, contentType: 'application/json', body: utf8Encode(JSON.stringify(value)) };
}

function binary(body: Uint8Array): ServiceAnswer {
  return { status: 200, contentType: 'application/octet-stream', body };
}

/** A posted group: what is wrong is an answer of status 400 in the originals' words. */
async function check(request: ServiceRequest, yaml: RuleYaml): Promise<ServiceAnswer> {
  const [language, posted] = [request.path.language as RuleLanguageName, request.body];
  let definition: GroupDefinition;
  try {
    definition = yaml.parseGroup(posted ? utf8Decode(posted) : '');
  } catch {
    return text(400, 'unable to decoded rule group');
  }
  const { faults, checked } = checkGroup(definition, await ruleLanguage(language));
  return faults.length > 0 ? text(400, faults.map((f) => f.message).join(', ')) : json(checked);
}

/** A file's groups; the first thing that is wrong is an answer of status 400 with its place. */
async function checkFile(request: ServiceRequest, yaml: RuleYaml): Promise<ServiceAnswer> {
  const { language, file, text: content } = bodyOf<FileRequest>(request);
  let found: FileGroups;
  try {
    found = yaml.parseFile(file, content);
  } catch (error) {
    return text(400, (error as Error).message);
  }
  const groups: CheckedGroup[] = [];
  for (const { checked, faults } of checkGroups(found.groups, await ruleLanguage(language))) {
    const fault = faults[0];
    if (fault) return text(400, `${found.position(groups.length, fault)}: ${fault.message}`);
    groups.push(checked);
  }
  return json(groups);
}

const record: Service = async (request, context) => {
  const { name, labels, ...rest } = bodyOf<EvaluationRequest>(request);
  const vector = await evaluate(rest, context);
  const added = Object.entries(labels);
  const elements = vector.labels.map((own, i): RuleElement => {
    let series = own.with(METRIC_NAME, name);
    for (const [label, value] of added) series = series.with(label, value);
    return { labels: series, value: vector.values[i]! };
  });
  const what = 'vector contains metrics with the same labelset after applying rule labels';
  return binary(encodeResult(elements) ?? refuse(what));
};

const alert: Service = async (request, context) => {
  const { name, labels, annotations, ...rest } = bodyOf<EvaluationRequest>(request);
  const vector = await evaluate(rest, context);
  const compile = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([key, value]) => [key, compileAlertText(value, name)] as const);
  const [ownLabels, ownAnnotations] = [compile(labels), compile(annotations)];
  const externalLabels = context.externalLabels?.toObject() ?? {};
  const elements = vector.labels.map((own, i): RuleElement => {
    const value = vector.values[i]!;
    const data = { labels: own, value, externalLabels };
    let series = own.without(METRIC_NAME);
    for (const [label, expand] of ownLabels) series = series.with(label, expand(data));
    const notes = Labels.from(ownAnnotations.map(([key, expand]) => [key, expand(data)] as const));
    return { labels: series.with('alertname', name), annotations: notes, value };
  });
  const what = 'vector contains metrics with the same labelset after applying alert labels';
  return binary(encodeResult(elements) ?? refuse(what));
};

async function evaluate(
  { language, query, timeMs }: Pick<EvaluationRequest, 'language' | 'query' | 'timeMs'>,
  context: ServiceContext,
) {
  return (await ruleLanguage(language)).evaluate(query, timeMs, context);
}

function refuse(message: string): never {
  throw new TriliteError('execution', message);
}

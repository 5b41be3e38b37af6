/**
 * What of rules runs in a reader thread, as services by name: reading and checking definitions, evaluating, finding the
 * state of alerts that a process before this one left. Requests are JSON in the body; evaluations answer in columns
 * (`rule-result.ts`).
 */

import { utf8Decode, utf8Encode } from '../base/bytes.ts';
import { TriliteError } from '../model/errors.ts';
import { Labels, METRIC_NAME } from '../model/labels.ts';
import { TextMap } from '../model/template/value.ts';
import type { Service, ServiceAnswer, ServiceContext, ServiceRequest } from '../query/service.ts';
import type { AlertContext } from './alert-functions.ts';
import { type AlertData, compileAlertText } from './alert-template.ts';
import { checkRuleFile, checkSloFile, type RuleFileForm, type RuleYaml } from './check-file.ts';
import { type ForStateQuery, readForState } from './for-state.ts';
import { ruleLanguage } from './languages.ts';
import type { GroupDefinition, RuleLanguageName } from './rule-group.ts';
import { encodeResult, type RuleElement } from './rule-result.ts';
import { elementValue, TemplateQueries } from './template-queries.ts';
import { checkGroup } from './validate.ts';

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
  /** What templates of an alerting rule may look at, beside their element. */
  readonly surroundings?: AlertSurroundings | undefined;
}

export interface AlertSurroundings {
  /** Of the evaluation, which is when queries in templates look. */
  readonly timeMs: number;
  /** Where users reach this server; without a slash at its end. */
  readonly externalUrl: string;
  readonly externalLabels: Readonly<Record<string, string>>;
}

/** Body of `rules.check_file`. */
export interface FileRequest {
  readonly language: RuleLanguageName;
  readonly form?: RuleFileForm | undefined;
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

/** A file's groups; what is wrong is an answer of status 400, a line for each fault. */
async function checkFile(request: ServiceRequest, yaml: RuleYaml): Promise<ServiceAnswer> {
  const { language, form, file, text: content } = bodyOf<FileRequest>(request);
  const { groups, faults } = await (form === 'slo'
    ? checkSloFile(file, content, yaml)
    : checkRuleFile(language, file, content, yaml));
  return faults.length > 0 ? text(400, faults.join('\n')) : json(groups);
}

const record: Service = async (request, context) => {
  const { name, labels, ...rest } = bodyOf<EvaluationRequest>(request);
  const vector = await evaluate(rest, context);
  const added = Object.entries(labels);
  const elements = vector.labels.map((own, i): RuleElement => {
    let series = own.with(METRIC_NAME, name);
    for (const [label, value] of added) series = series.with(label, value);
    return { labels: series, value: vector.values[i]!, histogram: vector.histograms?.[i] };
  });
  const what = 'vector contains metrics with the same labelset after applying rule labels';
  return binary(encodeResult(elements) ?? refuse(what));
};

const NO_SURROUNDINGS: AlertSurroundings = { timeMs: 0, externalUrl: '', externalLabels: {} };

const alert: Service = async (request, context) => {
  const { surroundings = NO_SURROUNDINGS, ...rest } = bodyOf<EvaluationRequest>(request);
  const vector = await evaluate(rest, context);
  const { language } = rest;
  const { timeMs, externalUrl } = surroundings;
  const queries = new TemplateQueries((query) => evaluate({ language, query, timeMs }, context));
  const expansion = { timeMs, externalUrl, query: queries.result };
  const expand = alertExpansion(rest);
  const externalLabels = new TextMap(Object.entries(surroundings.externalLabels));
  const elements: RuleElement[] = [];
  for (const [i, labels] of vector.labels.entries()) {
    const value = vector.values[i]!;
    const data = { labels, value: elementValue(vector, i), externalLabels };
    elements.push(await queries.expand(() => ({ ...expand(data, expansion), value })));
  }
  const what = 'vector contains metrics with the same labelset after applying alert labels';
  return binary(encodeResult(elements) ?? refuse(what));
};

/** What a rule makes of an element: the labels of its alert, and the annotations. */
function alertExpansion({ name, labels, annotations }: EvaluationRequest) {
  const compile = (texts: Readonly<Record<string, string>>) =>
    Object.entries(texts).map(([key, value]) => [key, compileAlertText(value, name)] as const);
  const [ownLabels, ownAnnotations] = [compile(labels), compile(annotations)];
  return (data: AlertData, context: AlertContext) => {
    let series = data.labels.without(METRIC_NAME);
    for (const [label, expand] of ownLabels) series = series.with(label, expand(data, context));
    const notes = ownAnnotations.map(([key, expand]) => [key, expand(data, context)] as const);
    return { labels: series.with('alertname', name), annotations: Labels.from(notes) };
  };
}

async function evaluate(
  { language, query, timeMs }: Pick<EvaluationRequest, 'language' | 'query' | 'timeMs'>,
  context: ServiceContext,
) {
  return (await ruleLanguage(language)).evaluate(query, timeMs, context);
}

function refuse(message: string): never {
  throw new TriliteError('execution', message);
}

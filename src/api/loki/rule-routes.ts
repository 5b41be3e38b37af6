/**
 * Loki's ruler API: rule groups as YAML under `/loki/api/v1/rules` and the older `/api/prom/rules`, and what becomes of them
 * in Prometheus' shape under `/prometheus/api/v1`. What takes long (reading and writing YAML, checking expressions) is done
 * in a reader thread by whoever is behind `LokiRules`.
 */

import { utf8Encode } from '../../base/bytes.ts';
import { TriliteError } from '../../model/errors.ts';
import { DEFAULT_TENANT } from '../../model/tenant.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import type { GroupDefinition } from '../../rules/rule-group.ts';
import { Params } from '../params.ts';
import { exponentText, timeText } from '../prometheus/rule-routes.ts';
import type { AlertView, RuleGroupView } from '../prometheus/rule-view.ts';
import type { HandledRoute, HttpMethod } from '../route.ts';
import { selectRules } from '../rule-selection.ts';
import { plainError } from './answer.ts';

/** By namespace. */
type Definitions = Readonly<Record<string, readonly GroupDefinition[]>>;

/** The rules of LogQL, as whoever keeps and evaluates them offers them. */
export interface LokiRules {
  /** Of one namespace, or of all. */
  definitions(tenant: string, namespace?: string): Promise<Definitions>;
  print(value: GroupDefinition | Definitions): Promise<Uint8Array>;
  /** Checks and stores a group in YAML. Throws `bad_data` with what is wrong about it. */
  post(tenant: string, namespace: string, yaml: Uint8Array): Promise<void>;
  /** Removes a group, or all of a namespace; false where there is none. Throws `bad_data` where it may not. */
  remove(tenant: string, namespace: string, group?: string): Promise<boolean>;
  views(tenant: string): Promise<readonly RuleGroupView[]>;
}

const NO_GROUPS = 'no rule groups found';
const NO_GROUP = 'group does not exist';
const JSON_TYPE = 'application/json';

export function lokiRuleRoutes(rules: LokiRules): HandledRoute[] {
  const route = (
    method: HttpMethod,
    path: string,
    handle: (request: ServiceRequest) => Promise<ServiceAnswer>,
  ): HandledRoute => ({
    access: method === 'GET' ? 'read' : 'admin',
    methods: [method],
    path,
    tenants: 'one',
    handle: worded(handle),
  });
  const configured = ['/loki/api/v1/rules', '/api/prom/rules'].flatMap((base) => [
    route('GET', base, (request) => list(rules, undefined, request)),
    route('GET', `${base}/:namespace`, (request) => list(rules, request.path.namespace, request)),
    route('POST', `${base}/:namespace`, (request) => post(rules, request)),
    route('DELETE', `${base}/:namespace`, (request) =>
      remove(rules, 'group namespace does not exist', request),
    ),
    route('GET', `${base}/:namespace/:group`, (request) => one(rules, request)),
    route('DELETE', `${base}/:namespace/:group`, (request) => remove(rules, NO_GROUP, request)),
  ]);
  return [
    ...configured,
    route('GET', '/prometheus/api/v1/rules', (request) => status(rules, request)),
    route('GET', '/prometheus/api/v1/alerts', (request) => alerts(rules, request)),
  ];
}

/** Whose rules a request is about. */
function tenantOf({ tenants }: ServiceRequest): string {
  return tenants?.[0] ?? DEFAULT_TENANT;
}

/** Errors are texts with a line end, as Go's servers write them. */
function worded(handle: (request: ServiceRequest) => Promise<ServiceAnswer>) {
  return async (request: ServiceRequest): Promise<ServiceAnswer> => {
    try {
      return await handle(request);
    } catch (error) {
      if (!(error instanceof TriliteError) || error.kind !== 'bad_data') throw error;
      return plainError(400, `${error.message}\n`);
    }
  };
}

async function list(
  rules: LokiRules,
  namespace: string | undefined,
  request: ServiceRequest,
): Promise<ServiceAnswer> {
  const found = await rules.definitions(tenantOf(request), namespace);
  if (Object.keys(found).length === 0) return plainError(404, `${NO_GROUPS}\n`);
  return yaml(await rules.print(withLabels(found, new Params(request.params).get('labels'))));
}

/** `labels=name:value,…`: rules that carry one of them. */
function withLabels(definitions: Definitions, text: string): Definitions {
  if (text === '') return definitions;
  const wanted = text.split(',').map((pair) => pair.split(':', 2) as [string, string?]);
  const out: Record<string, readonly GroupDefinition[]> = Object.create(null);
  for (const [namespace, groups] of Object.entries(definitions)) {
    const chosen = groups.flatMap((group) => {
      const rules = group.rules.filter(({ labels }) =>
        wanted.some(([name, value]) => labels[name] === value),
      );
      return rules.length > 0 ? [{ ...group, rules }] : [];
    });
    if (chosen.length > 0) out[namespace] = chosen;
  }
  return out;
}

async function one(rules: LokiRules, request: ServiceRequest): Promise<ServiceAnswer> {
  const { namespace = '', group: name } = request.path;
  const groups = await rules.definitions(tenantOf(request), namespace);
  const group = groups[namespace]?.find((g) => g.name === name);
  return group ? yaml(await rules.print(group)) : plainError(404, `${NO_GROUP}\n`);
}

async function post(rules: LokiRules, request: ServiceRequest): Promise<ServiceAnswer> {
  await rules.post(tenantOf(request), request.path.namespace!, request.body ?? new Uint8Array(0));
  return accepted();
}

async function remove(rules: LokiRules, missing: string, request: ServiceRequest): Promise<ServiceAnswer> {
  const { namespace, group } = request.path;
  return (await rules.remove(tenantOf(request), namespace!, group))
    ? accepted()
    : plainError(404, `${missing}\n`);
}

function yaml(body: Uint8Array): ServiceAnswer {
  return { status: 200, contentType: 'application/yaml', body };
}

function accepted(): ServiceAnswer {
  return { ...success(null), status: 202 };
}

function success(data: unknown): ServiceAnswer {
  const body = { status: 'success', data, errorType: '', error: '' };
  return { status: 200, contentType: JSON_TYPE, body: utf8Encode(JSON.stringify(body)) };
}

async function status(rules: LokiRules, request: ServiceRequest): Promise<ServiceAnswer> {
  try {
    // The original reads the names without brackets, Grafana sends them with.
    const selection = await selectRules(await rules.views(tenantOf(request)), new Params(request.params), [
      '',
      '[]',
    ]);
    const { groups, nextToken, withAlerts } = selection;
    return success({
      groups: groups.map((chosen) => groupJson(chosen.group, chosen.rules, withAlerts)),
      ...(nextToken !== undefined && { groupNextToken: nextToken }),
    });
  } catch (error) {
    if (!(error instanceof TriliteError) || error.kind !== 'bad_data') throw error;
    // The original does not name this parameter.
    const message = error.message.replace(/^invalid parameter "type": /, '');
    const body = { status: 'error', data: null, errorType: 'bad_data', error: message };
    return { status: 400, contentType: JSON_TYPE, body: utf8Encode(JSON.stringify(body)) };
  }
}

async function alerts(rules: LokiRules, request: ServiceRequest): Promise<ServiceAnswer> {
  const all = (await rules.views(tenantOf(request)))
    .flatMap((group) => group.rules)
    .flatMap((rule) => (rule.type === 'alerting' ? rule.alerts.map(alertJson) : []));
  return success({ alerts: all });
}

function groupJson(group: RuleGroupView, chosen: RuleGroupView['rules'], withAlerts: boolean): unknown {
  return {
    name: group.name,
    file: group.file,
    rules: chosen.map((rule) => ruleJson(rule, withAlerts)),
    interval: group.intervalSeconds,
    limit: group.limit,
    lastEvaluation: timeText(group.lastEvaluationMs),
    evaluationTime: group.evaluationSeconds,
  };
}

function ruleJson(rule: RuleGroupView['rules'][number], withAlerts: boolean): unknown {
  const { name, query, labels, health, lastError, type } = rule;
  const outcome = {
    health,
    lastError,
    type,
    lastEvaluation: timeText(rule.lastEvaluationMs),
    evaluationTime: rule.evaluationSeconds,
  };
  if (rule.type === 'recording') return { name, query, labels, ...outcome };
  return {
    state: rule.state,
    name,
    query,
    duration: rule.forSeconds,
    keepFiringFor: rule.keepFiringForSeconds,
    labels,
    annotations: rule.annotations,
    alerts: withAlerts ? rule.alerts.map(alertJson) : [],
    ...outcome,
  };
}

function alertJson({ labels, annotations, state, activeAtMs, value }: AlertView): unknown {
  return { labels, annotations, state, activeAt: timeText(activeAtMs), value: exponentText(value) };
}

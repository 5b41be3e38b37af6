/** Which services there are and which operations they have, of all that is stored. */

import { SPAN_KIND_WORDS } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { eachGroup } from '../../query/traces/read-groups.ts';
import { EVER } from '../../query/traces/search.ts';
import { Params } from '../params.ts';
import { envelope, jsonAnswer } from './envelope.ts';
import { serviceRequired } from './search-params.ts';
import { speltParam } from './search-params-v3.ts';
import { EMPTY_SPAN_NAME, serviceNames } from './service-names.ts';

async function allServices({ storage, signal }: ServiceContext): Promise<string[]> {
  const found = new Set<string>();
  await eachGroup(await storage.traces.select(EVER, signal), signal, (group) => {
    for (const name of serviceNames(group)) found.add(name);
  });
  return [...found].sort();
}

export async function services(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const names = await allServices(context);
  return envelope(request, { data: JSON.stringify(names), total: names.length });
}

export async function servicesV3(_request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  return jsonAnswer(JSON.stringify({ services: await allServices(context) }));
}

interface Operation {
  readonly name: string;
  /** '' where it is unspecified. */
  readonly spanKind: string;
}

/** By name, then kind. */
async function operationsOf(service: string, { storage, signal }: ServiceContext): Promise<Operation[]> {
  const kindsByName = new Map<string, Set<string>>();
  await eachGroup(await storage.traces.select(EVER, signal), signal, (group) =>
    collectOperations(group, service, kindsByName),
  );
  return [...kindsByName.keys()]
    .sort()
    .flatMap((name) => [...kindsByName.get(name)!].sort().map((spanKind) => ({ name, spanKind })));
}

function collectOperations(group: SpanGroup, service: string, kindsByName: Map<string, Set<string>>): void {
  const isWanted = serviceNames(group).map((name) => name === service);
  if (!isWanted.includes(true)) return;
  const resourceRows = group.resourceRows();
  const { indexes, strings } = group.names();
  const kinds = group.kinds();
  // Objects only for pairs that are new in the group.
  const seen = new Uint8Array(strings.length * SPAN_KIND_WORDS.length);
  for (let row = 0; row < group.spanCount; row++) {
    if (!isWanted[resourceRows[row]!]) continue;
    const kind = SPAN_KIND_WORDS[kinds[row]!] === undefined ? 0 : kinds[row]!;
    const pair = indexes[row]! * SPAN_KIND_WORDS.length + kind;
    if (seen[pair] === 1) continue;
    seen[pair] = 1;
    const name = strings[indexes[row]!]! || EMPTY_SPAN_NAME;
    let words = kindsByName.get(name);
    if (words === undefined) kindsByName.set(name, (words = new Set()));
    words.add(kind === 0 ? '' : SPAN_KIND_WORDS[kind]!);
  }
}

export async function operationNames(
  request: ServiceRequest,
  context: ServiceContext,
): Promise<ServiceAnswer> {
  const found = await operationsOf(request.path.service ?? '', context);
  const names = [...new Set(found.map((operation) => operation.name))];
  // Jaeger's word for no names.
  const data = names.length === 0 ? 'null' : JSON.stringify(names);
  return envelope(request, { data, total: names.length });
}

/** Of every kind where none is asked for. */
async function operationsOfKind(
  service: string,
  kind: string,
  context: ServiceContext,
): Promise<Operation[]> {
  const found = await operationsOf(service, context);
  return kind === '' ? found : found.filter((operation) => operation.spanKind === kind);
}

export async function operations(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const params = new Params(request.params);
  const service = params.get('service');
  if (service === '') throw serviceRequired();
  const found = await operationsOfKind(service, params.get('spanKind'), context);
  return envelope(request, { data: JSON.stringify(found), total: found.length });
}

export async function operationsV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const params = new Params(request.params);
  const kind = speltParam(params, 'spanKind').text;
  const found = await operationsOfKind(params.get('service'), kind, context);
  // In this version what does not say its kind is internal.
  const shown = found.map(({ name, spanKind }) => ({ name, spanKind: spanKind || 'internal' }));
  return jsonAnswer(JSON.stringify({ operations: shown }));
}

/** Which services there are and which operations they have, of all that is stored. */

import { SPAN_KIND_WORDS } from '../../model/span.ts';
import type { SpanGroup } from '../../model/span-group.ts';
import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { eachGroup } from '../../query/traces/read-groups.ts';
import { EVER } from '../../query/traces/search.ts';
import { Params } from '../params.ts';
import { envelope, jsonAnswer } from './envelope.ts';
import { serviceRequired } from './search-params.ts';
import { serviceNames } from './service-names.ts';

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

export async function servicesV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  return jsonAnswer(request, JSON.stringify({ services: await allServices(context) }));
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
    const name = strings[indexes[row]!]!;
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
  return envelope(request, { data: JSON.stringify(names), total: names.length });
}

async function askedOperations(
  request: ServiceRequest,
  context: ServiceContext,
  kindParam: string,
): Promise<Operation[]> {
  const params = new Params(request.params);
  const service = params.get('service');
  if (service === '') throw serviceRequired();
  const kind = params.get(kindParam);
  const found = await operationsOf(service, context);
  return kind === '' ? found : found.filter((operation) => operation.spanKind === kind);
}

export async function operations(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const found = await askedOperations(request, context, 'spanKind');
  return envelope(request, { data: JSON.stringify(found), total: found.length });
}

export async function operationsV3(request: ServiceRequest, context: ServiceContext): Promise<ServiceAnswer> {
  const found = await askedOperations(request, context, 'span_kind');
  return jsonAnswer(request, JSON.stringify({ operations: found }));
}

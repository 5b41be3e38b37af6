/** Which services there are and which operations they have, of all that is stored. */

import type { ServiceAnswer, ServiceContext, ServiceRequest } from '../../query/service.ts';
import { eachGroup } from '../../query/traces/read-groups.ts';
import { EVER } from '../../query/traces/search.ts';
import { Params } from '../params.ts';
import { envelope, jsonAnswer } from './envelope.ts';
import { KNOWN_CATALOG, type Operation } from './known-catalog.ts';
import { serviceRequired } from './search-params.ts';
import { speltParam } from './search-params-v3.ts';

async function allServices({ storage, signal }: ServiceContext): Promise<string[]> {
  const found = new Set<string>();
  await eachGroup(await storage.traces.select(EVER, signal), signal, (group) => {
    for (const name of KNOWN_CATALOG.services(group)) found.add(name);
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

/** By name, then kind. */
async function operationsOf(service: string, { storage, signal }: ServiceContext): Promise<Operation[]> {
  const kindsByName = new Map<string, Set<string>>();
  await eachGroup(await storage.traces.select(EVER, signal), signal, (group) => {
    for (const { name, spanKind } of KNOWN_CATALOG.operations(group, service)) {
      const kinds = kindsByName.get(name);
      if (kinds === undefined) kindsByName.set(name, new Set([spanKind]));
      else kinds.add(spanKind);
    }
  });
  return [...kindsByName.keys()]
    .sort()
    .flatMap((name) => [...kindsByName.get(name)!].sort().map((spanKind) => ({ name, spanKind })));
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

/** Asks Tempo's services directly, without a server: for tests that hold answers against each other or against recorded ones. */

import { TEMPO_ROUTES } from '../../../src/api/tempo/routes.ts';
import { TEMPO_SERVICES } from '../../../src/api/tempo/services.ts';
import { TriliteError } from '../../../src/model/errors.ts';
import type { StorageReader, TraceReader } from '../../../src/storage/interface.ts';
import type { Answer } from './compare.ts';
import type { Request } from './requests.ts';

const ROUTES = TEMPO_ROUTES.flatMap((route) => {
  const pattern = new RegExp(`^${route.path.replace(/:(\w+)/g, '(?<$1>[^/]+)')}$`);
  return 'service' in route ? [{ service: route.service, pattern }] : [];
});

/** Of requests that leave the end open. */
const NOW_MS = 1_767_275_000_000;

export async function askServices(
  traces: TraceReader,
  { path, params, protobuf }: Request,
  nowMs = NOW_MS,
  tenants?: readonly string[],
): Promise<Answer> {
  const route = ROUTES.map(({ service, pattern }) => ({ service, match: pattern.exec(path) })).find(
    ({ match }) => match !== null,
  );
  if (route === undefined) throw new Error(`no service answers ${path}`);
  const named = Object.entries(route.match!.groups ?? {}).map(
    ([k, v]) => [k, decodeURIComponent(v)] as const,
  );
  const request = {
    params: Object.entries(params),
    path: Object.fromEntries(named),
    headers: protobuf ? { accept: 'application/protobuf' } : {},
    nowMs,
    tenants,
  };
  const context = { storage: { traces } as unknown as StorageReader, signal: new AbortController().signal };
  try {
    const answer = await TEMPO_SERVICES[route.service]!(request, context);
    const bytes = Buffer.from(answer.body);
    if (answer.contentType.includes('protobuf'))
      return { status: answer.status, body: { base64: bytes.toString('base64') } };
    const text = bytes.toString('utf8');
    const json = answer.contentType.includes('json');
    return { status: answer.status, body: json ? JSON.parse(text) : text };
  } catch (error) {
    if (error instanceof TriliteError && error.kind === 'bad_data')
      return { status: 400, body: error.message };
    throw error;
  }
}

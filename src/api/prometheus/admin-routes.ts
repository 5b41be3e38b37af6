/**
 * `admin/tsdb/…`: deleting samples, cleaning up after it, snapshots. Whoever may send a request may send these, so they
 * answer only where they were switched on.
 */

import { TriliteError } from '../../model/errors.ts';
import { TIME_MAX_MS, TIME_MIN_MS } from '../../model/time.ts';
import type { ServiceAnswer, ServiceRequest } from '../../query/service.ts';
import type { LabelQuery } from '../../storage/interface.ts';
import { textAnswer } from '../error-answer.ts';
import { invalidParameter, optionalTimeMs, Params, readingParameter } from '../params.ts';
import type { HandledRoute, HttpMethod, RouteTenants } from '../route.ts';
import { JSON_TYPE, successValue } from './envelope.ts';

const CHANGE: readonly HttpMethod[] = ['POST', 'PUT'];
const NO_CONTENT: ServiceAnswer = { status: 204, contentType: '', body: new Uint8Array(0) };
/** What Go reads as a boolean. */
const TRUE = /^(?:1|t|T|TRUE|true|True)$/;
const FALSE = /^(?:0|f|F|FALSE|false|False)$/;

export interface AdminView {
  /** Of these tenants, where they are told apart. */
  deleteSeries(query: LabelQuery, tenants: readonly string[] | undefined): Promise<void>;
  cleanTombstones(): Promise<void>;
  /** Makes a copy of what is stored; resolves with its name. */
  snapshot(options: { readonly skipHead: boolean }): Promise<string>;
}

/** Without a view they say that they are switched off. */
export function adminRoutes(view: AdminView | undefined): HandledRoute[] {
  const change = (
    name: string,
    handle: (view: AdminView, params: Params, request: ServiceRequest) => Promise<ServiceAnswer>,
    // What is not of some series is done for all tenants at once.
    tenants: RouteTenants = 'operator',
  ) => ({
    tenants,
    methods: CHANGE,
    path: `/api/v1/admin/tsdb/${name}`,
    handle: (request: ServiceRequest) =>
      view ? handle(view, new Params(request.params), request) : switchedOff(),
  });
  return [
    change('delete_series', deleteSeries, 'several'),
    change('clean_tombstones', async (admin) => {
      await admin.cleanTombstones();
      return NO_CONTENT;
    }),
    change('snapshot', async (admin, params) =>
      successValue({ name: await admin.snapshot({ skipHead: booleanOf(params, 'skip_head') }) }),
    ),
  ];
}

/** `unavailable` with status 500, as the original has it; elsewhere that type is a 503. */
function switchedOff(): ServiceAnswer {
  const error = { status: 'error', errorType: 'unavailable', error: 'admin APIs disabled' };
  return textAnswer(500, JSON.stringify(error), JSON_TYPE);
}

async function deleteSeries(
  view: AdminView,
  params: Params,
  { tenants }: ServiceRequest,
): Promise<ServiceAnswer> {
  const selectors = params.all('match[]');
  if (selectors.length === 0) throw new TriliteError('bad_data', 'no match[] parameter provided');
  const minMs = optionalTimeMs(params, 'start', TIME_MIN_MS);
  const maxMs = optionalTimeMs(params, 'end', TIME_MAX_MS);
  // The front has no other use for the parser.
  const { parseMatch } = await import('../../query/promql-text.ts');
  const matcherSets = readingParameter('match[]', () => selectors.map(parseMatch));
  await view.deleteSeries({ matcherSets, minMs, maxMs }, tenants);
  return NO_CONTENT;
}

function booleanOf(params: Params, name: string): boolean {
  const text = params.get(name);
  if (text === '' || FALSE.test(text)) return false;
  if (TRUE.test(text)) return true;
  const fault = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
  throw invalidParameter(name, `unable to parse boolean: ${fault}`);
}

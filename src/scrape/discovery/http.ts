/** Targets from an HTTP endpoint that answers with a JSON list of groups. */

import { STATUS_CODES } from 'node:http';
import { readBody } from '../../base/http-body.ts';
import { HttpClient, networkError } from '../../base/http-request.ts';
import { shownUrl } from '../../base/url-credentials.ts';
import { TriliteError } from '../../model/errors.ts';
import { formatPlain } from '../../model/float-format.ts';
import { USER_AGENT } from '../fetch.ts';
import type { TargetGroup } from '../target.ts';
import type { Discovery } from './discovery.ts';
import type { HttpDiscoveryConfig } from './discovery-config.ts';
import type { DiscoveryTelemetry } from './discovery-telemetry.ts';
import { RefreshedDiscovery, type RefreshParts } from './refreshed.ts';
import { jsonGroups } from './target-groups.ts';

const URL_LABEL = '__meta_url';
const JSON_TYPE = /^application\/json(;\s*charset=("utf-8"|utf-8))?$/i;
/** Some hundred thousand targets; more is a mistake that should not cost the memory. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;

export function httpDiscovery(
  config: HttpDiscoveryConfig,
  parts: RefreshParts,
  telemetry: DiscoveryTelemetry,
): Discovery {
  const client = new HttpClient(config.client);
  const failures = telemetry.httpFailures();
  let known: { readonly body: Buffer; readonly groups: readonly TargetGroup[] } | undefined;
  const ask = async (signal: AbortSignal): Promise<readonly TargetGroup[]> => {
    try {
      const body = await askFor(config, client, signal);
      // Mostly it is the same again, and nothing has to be done for that.
      if (!known?.body.equals(body)) known = { body, groups: groupsIn(body, config.url) };
      return known.groups;
    } catch (error) {
      failures.add();
      throw error;
    }
  };
  return new RefreshedDiscovery(
    { intervalMs: config.refreshIntervalMs, ask, close: () => client.close() },
    parts,
  );
}

/** The answer's body. Rejects with `TriliteError` where the answer is none that can be used. */
async function askFor(
  { url, refreshIntervalMs }: HttpDiscoveryConfig,
  client: HttpClient,
  signal: AbortSignal,
): Promise<Buffer> {
  const headers = {
    'User-Agent': USER_AGENT,
    Accept: 'application/json',
    'Accept-Encoding': 'gzip',
    'X-Prometheus-Refresh-Interval-Seconds': formatPlain(refreshIntervalMs / 1000),
  };
  try {
    const response = await client.send({ method: 'GET', url, headers, signal });
    const status = response.statusCode ?? 0;
    const type = response.headers['content-type'] ?? '';
    if (status !== 200 || !JSON_TYPE.test(type.trim())) response.resume();
    if (status !== 200) {
      const text = response.statusMessage || STATUS_CODES[status] || '';
      throw new TriliteError('execution', `server returned HTTP status ${status} ${text}`.trimEnd());
    }
    if (!JSON_TYPE.test(type.trim())) {
      throw new TriliteError('bad_data', `unsupported content type ${JSON.stringify(type)}`);
    }
    const tooLarge = () =>
      new TriliteError('limit', `the answer is larger than ${BODY_BYTES_MAX / 1024 / 1024} MiB`);
    const body = await readBody(response, BODY_BYTES_MAX, tooLarge);
    return Buffer.from(body.buffer, body.byteOffset, body.length);
  } catch (error) {
    if (error instanceof TriliteError) throw error;
    const why = signal.aborted ? 'context deadline exceeded' : networkError(error);
    throw new TriliteError('execution', `Get "${shownUrl(url)}": ${why}`);
  }
}

function groupsIn(body: Buffer, url: string): TargetGroup[] {
  return parsed(body.toString('utf8')).map(({ targets, labels }) => ({
    targets,
    labels: { ...labels, [URL_LABEL]: shownUrl(url) },
  }));
}

function parsed(text: string): TargetGroup[] {
  try {
    return jsonGroups(text);
  } catch (error) {
    if (error instanceof TriliteError) throw error;
    throw new TriliteError('bad_data', `the answer is no JSON: ${(error as Error).message}`);
  }
}

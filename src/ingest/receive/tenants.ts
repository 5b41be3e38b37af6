/** Whose data a request brings, by its `X-Scope-OrgID` header, and where that goes. */

import type { OtlpTranslationOptions } from '../../model/otlp-options.ts';
import { DEFAULT_TENANT, parseTenant, TENANT_HEADER } from '../../model/tenant.ts';
import type { LogAppender, MetricAppender } from '../../storage/interface.ts';
import type { ReceiverParts, WireRequest } from './wire.ts';

export interface TenantTarget {
  readonly tenant: string;
  readonly logs: LogAppender;
  readonly metrics: MetricAppender;
  /** What decoding of OTLP metrics remembers belongs to this object. */
  readonly otlp: OtlpTranslationOptions;
}

/** By the options in force, then by a tenant's appender. */
const otlpOptions = new WeakMap<OtlpTranslationOptions, WeakMap<MetricAppender, OtlpTranslationOptions>>();

/** Deltas of two tenants must not be added up: each has options, and so totals, of its own. */
function otlpOf(appender: MetricAppender, otlp: OtlpTranslationOptions): OtlpTranslationOptions {
  if (otlp.delta !== 'cumulative') return otlp;
  const ofTenants = otlpOptions.get(otlp) ?? new WeakMap<MetricAppender, OtlpTranslationOptions>();
  otlpOptions.set(otlp, ofTenants);
  let options = ofTenants.get(appender);
  if (!options) {
    options = { ...otlp, deltaGroup: appender };
    ofTenants.set(appender, options);
  }
  return options;
}

function targetOf(
  { tenants, storage }: ReceiverParts,
  otlp: OtlpTranslationOptions,
  tenantNamed: () => string,
): TenantTarget {
  if (!tenants) return { tenant: DEFAULT_TENANT, logs: storage.logs, metrics: storage.metrics, otlp };
  const tenant = tenantNamed();
  const { logs, metrics } = tenants(tenant);
  return { tenant, logs, metrics, otlp: otlpOf(metrics, otlp) };
}

/** On paths of Loki and Prometheus: the header must be there, with one id. Throws `TriliteError` (`unauthorized`, `bad_data`). */
export function namedTarget(parts: ReceiverParts, request: WireRequest): TenantTarget {
  return targetOf(parts, parts.otlp.prometheus, () => parseTenant(request.header(TENANT_HEADER)));
}

/** The tenant alone, by the same rule as `optionalTarget`. */
export function tenantOf(parts: ReceiverParts, header: string | undefined): string {
  return parts.tenants && header ? parseTenant(header) : DEFAULT_TENANT;
}

/** On OTLP's own paths, whose clients may know of no such header: without it the default tenant's. */
export function optionalTarget(parts: ReceiverParts, header: string | undefined): TenantTarget {
  return targetOf(parts, parts.otlp.collector, () => (header ? parseTenant(header) : DEFAULT_TENANT));
}

/**
 * One rule says which service something belongs to, whatever signal it comes from, and how that service is called in the
 * other two (docs/correlation.md):
 *
 *   1. the first of `service_name`, `service.name`, `service`, `app`, `job`, `container` that has a value names it;
 *   2. of a `job` that is `namespace/name`, as OTLP's metrics have it, the name is what stands behind the last slash;
 *   3. in traces it is `resource.service.name`, in logs and metrics the first of these labels under which there is something.
 */

import { type Labels, quoted, quotedName } from './labels.ts';

/** Labels that name a service, the most telling first. */
export const SERVICE_LABELS: readonly string[] = [
  'service_name',
  'service.name',
  'service',
  'app',
  'job',
  'container',
];

/** Undefined where none of the labels names one. */
export function serviceOf(labels: Labels): string | undefined {
  for (const label of SERVICE_LABELS) {
    const value = labels[label];
    if (!value) continue;
    return label === 'job' ? value.slice(value.lastIndexOf('/') + 1) : value;
  }
  return undefined;
}

/** Selectors that may find the service's series or streams, the most telling first; the first that finds something is it. */
export function serviceSelectors(service: string): readonly string[] {
  return SERVICE_LABELS.map((label) =>
    label === 'job'
      ? `{job=~${quoted(`(.+/)?${escaped(service)}`)}}`
      : `{${quotedName(label)}=${quoted(service)}}`,
  );
}

/** The TraceQL filter of its spans. */
export function serviceSpans(service: string): string {
  return `{ resource.service.name = ${quoted(service)} }`;
}

/** For a regular expression that means the text itself. */
export function escaped(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

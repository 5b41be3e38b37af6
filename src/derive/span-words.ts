/** Kinds and states as label values: the names of OTLP's enums, and a number where there is no name. */

const KINDS: readonly string[] = ['UNSPECIFIED', 'INTERNAL', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];
const STATUSES: readonly string[] = ['UNSET', 'OK', 'ERROR'];

export const KIND_TEXTS: readonly string[] = KINDS.map((kind) => `SPAN_KIND_${kind}`);
export const STATUS_TEXTS: readonly string[] = STATUSES.map((status) => `STATUS_CODE_${status}`);

export function kindText(kind: number): string {
  return KIND_TEXTS[kind] ?? String(kind);
}

export function statusText(status: number): string {
  return STATUS_TEXTS[status] ?? String(status);
}

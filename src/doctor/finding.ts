/** What a check has to say. */

/** `problem`: data or alerts are being lost, or soon will be. `warn`: something is not as it should be. `info`: worth knowing. */
export type Severity = 'ok' | 'info' | 'warn' | 'problem';

export const SEVERITIES: readonly Severity[] = ['problem', 'warn', 'info', 'ok'];

/** What a finding is about, in the order in which a reader wants them. */
export const GROUPS = [
  'arrivals',
  'refusals',
  'clocks',
  'targets',
  'logs',
  'traces',
  'queries',
  'rules',
  'sending',
  'cardinality',
  'disk',
  'process',
  'configuration',
] as const;
export type Group = (typeof GROUPS)[number];

/** Numbers and texts that show it; times are RFC 3339. */
export type Evidence = Readonly<Record<string, string | number>>;

export interface Finding {
  /** Stays the same from version to version: `arrivals.stopped`. */
  readonly id: string;
  readonly group: Group;
  readonly severity: Severity;
  /** One line. */
  readonly summary: string;
  readonly evidence: Evidence;
  /** What to do: the flag, key or command. Absent where all is well. */
  readonly remedy?: string;
}

/** Findings of a group, without its name at each. */
export function finder(group: Group) {
  return (
    id: string,
    severity: Severity,
    summary: string,
    evidence: Evidence = {},
    remedy?: string,
  ): Finding => ({
    id: `${group}.${id}`,
    group,
    severity,
    summary,
    evidence,
    ...(remedy !== undefined && { remedy }),
  });
}

/** The doctor's report, as `/api/v1/status/doctor` has it: what of it the page shows. */

import { getJson } from './http.ts';

export type Severity = 'problem' | 'warn' | 'info' | 'ok';

export interface Finding {
  readonly id: string;
  readonly group: string;
  readonly severity: Severity;
  readonly summary: string;
  readonly evidence: Readonly<Record<string, string | number>>;
  readonly remedy?: string;
}

export interface DoctorArrival {
  readonly receiver: string;
  readonly words: string;
  readonly signal: string;
  readonly last: string | null;
  readonly per_second: Readonly<Record<'1m' | '15m', number>>;
  readonly refused: number;
  readonly failed_requests: number;
}

export interface DoctorReport {
  readonly time: string;
  readonly counts: Readonly<Record<Severity, number>>;
  readonly arrivals: readonly DoctorArrival[];
  /** The gravest first. */
  readonly findings: readonly Finding[];
}

export async function doctorReport(signal?: AbortSignal): Promise<DoctorReport> {
  return (await getJson<{ readonly data: DoctorReport }>('/api/v1/status/doctor', {}, signal)).data;
}

/** What a version of Prometheus can do; queries and data keep to it. */

export interface Features {
  /** Experimental functions, aggregations, modifiers and annotations of the main branch: `limitk`, `info`, `fill` … */
  readonly current: boolean;
  /** Native histograms as they are today. */
  readonly histograms: boolean;
  readonly utf8Names: boolean;
  /** Windows contain their left end: before 3.0. Samples and queries must keep away from it then. */
  readonly closedWindows: boolean;
}

const CURRENT: Features = { current: true, histograms: true, utf8Names: true, closedWindows: false };
const OLD: Features = { current: false, histograms: false, utf8Names: false, closedWindows: true };
/** The first with what `current` means. */
const CURRENT_SINCE = [3, 14] as const;

/** Of what `prometheus --version` prints. One that was built without a version is taken for the newest. */
export function featuresOf(versionText: string): Features {
  const found = /version (\d+)\.(\d+)/.exec(versionText);
  if (!found) return CURRENT;
  const [major, minor] = [Number(found[1]), Number(found[2])];
  const [sinceMajor, sinceMinor] = CURRENT_SINCE;
  if (major > sinceMajor || (major === sinceMajor && minor >= sinceMinor)) return CURRENT;
  return { ...OLD, closedWindows: major < 3 };
}

export const FLAGS_OF_CURRENT = [
  'promql-experimental-functions',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
];

/**
 * What rules make of what is said of metric families. A family has no labels but its name: of a rule's conditions those on
 * `__name__` count, and others are taken to be met where text is redacted, not where something is dropped.
 */

import type { FamilyMetadata } from '../../model/batch.ts';
import { METRIC_NAME } from '../../model/labels.ts';
import type { Rule } from './rule.ts';

/** Families that are remembered; beyond it all are forgotten. */
const FAMILIES_MAX = 4096;

export function processedMetadata(
  rules: readonly Rule[],
): (given: readonly FamilyMetadata[]) => readonly FamilyMetadata[] {
  const concerned = rules.filter(
    (rule) => rule.texts.length > 0 || (rule.dropsItem && rule.asksOnly(METRIC_NAME)),
  );
  const known = new Map<
    string,
    { readonly given: FamilyMetadata; readonly stored: FamilyMetadata | undefined }
  >();
  const processed = (given: FamilyMetadata): FamilyMetadata | undefined => {
    let { help, unit } = given;
    for (const rule of concerned) {
      if (!rule.fitsNamed(METRIC_NAME, given.family)) continue;
      if (rule.dropsItem) return undefined;
      for (const pattern of rule.texts) [help, unit] = [pattern.replace(help), pattern.replace(unit)];
    }
    return help === given.help && unit === given.unit ? given : { ...given, help, unit };
  };
  if (concerned.length === 0) return (given) => given;
  return (given) =>
    given.flatMap((m) => {
      let entry = known.get(m.family);
      if (entry?.given.help !== m.help || entry.given.unit !== m.unit || entry.given.type !== m.type) {
        entry = { given: m, stored: processed(m) };
        if (known.size >= FAMILIES_MAX) known.clear();
        known.set(m.family, entry);
      }
      return entry.stored ? [entry.stored] : [];
    });
}

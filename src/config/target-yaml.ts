/** A file of targets as plain data: scalars as they are written, so that a label's `1.0` stays that. */

/** Null, lists, mappings and strings. The library is loaded with the first file. Rejects where it is no YAML. */
export async function parseTargetYaml(text: string): Promise<unknown> {
  const { parse } = await import('yaml');
  return parse(text, { schema: 'failsafe', customTags: ['null'], merge: true, prettyErrors: true });
}

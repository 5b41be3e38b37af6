/** YAML within notifications: what a template came to may be a number or a list, as Go's YAML reads it. */

type Yaml = typeof import('yaml');

let loaded: Promise<Yaml> | undefined;

/** Of YAML 1.1 those tags that Go's reader knows; times stay texts. */
const LEFT_OUT: ReadonlySet<string> = new Set(
  ['binary', 'omap', 'pairs', 'set', 'timestamp'].map((name) => `tag:yaml.org,2002:${name}`),
);

/** Plain values with `Map` for mappings; null for an empty text. Throws where it is no YAML. */
export async function parseInlineYaml(text: string): Promise<unknown> {
  loaded ??= import('yaml');
  const yaml = await loaded;
  return yaml.parse(text, {
    schema: 'yaml-1.1',
    mapAsMap: true,
    logLevel: 'error',
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || !isLeftOut(tag)),
  });
}

function isLeftOut(tag: { readonly tag: string; readonly format?: string }): boolean {
  return LEFT_OUT.has(tag.tag) || tag.format === 'TIME';
}

/** Labels as the APIs give them. */

export type Labels = Readonly<Record<string, string>>;

/** `{a="b", "utf8.name"="c"}`, with the metric's name before it where there is one. */
export function labelsText(labels: Labels): string {
  const { __name__: name, ...rest } = labels;
  const pairs = Object.entries(rest).map(([key, value]) => `${quotedName(key)}=${quoted(value)}`);
  if (pairs.length === 0 && name !== undefined) return name;
  return `${name ?? ''}{${pairs.join(', ')}}`;
}

const LEGACY_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

export function quotedName(name: string): string {
  return LEGACY_NAME.test(name) ? name : quoted(name);
}

/** A string as all three languages read it. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

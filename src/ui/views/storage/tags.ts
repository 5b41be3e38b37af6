/** What Tempo's endpoints say of spans: series of a metrics query, and names of attributes by scope. */

export interface InstantAnswer {
  readonly series?: readonly {
    readonly labels?: readonly { readonly value: { readonly stringValue?: string } }[];
    readonly value?: number;
  }[];
}

/** By the value of the only label, the most first. */
export function seriesRows({
  series = [],
}: InstantAnswer): readonly { readonly name: string; readonly value: number }[] {
  return series
    .map(({ labels = [], value = 0 }) => ({ name: labels[0]?.value.stringValue ?? '', value }))
    .filter(({ value }) => value > 0)
    .sort((a, b) => b.value - a.value);
}

export interface TagScope {
  readonly name: string;
  readonly tags?: readonly string[];
}

/** What spans carry themselves; intrinsics are the same everywhere. */
export function tagRows(
  scopes: readonly TagScope[],
): readonly { readonly scope: string; readonly name: string }[] {
  return scopes
    .filter(({ name }) => name !== 'intrinsic')
    .flatMap(({ name, tags = [] }) => tags.map((tag) => ({ scope: name, name: tag })));
}

/** What Loki's volume endpoint says. */

export interface LabelCardinality {
  readonly label: string;
  readonly cardinality: number;
}

export interface VolumeAnswer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      /** Seconds, and bytes as text. */
      readonly value: readonly [number, string];
    }[];
  };
}

/** Bytes by value of the label, the most first. */
export function volumeRows(
  { data }: VolumeAnswer,
  label: string,
): readonly { readonly name: string; readonly value: number }[] {
  return data.result
    .map(({ metric, value }) => ({ name: metric[label] ?? '', value: Number(value[1]) }))
    .sort((a, b) => b.value - a.value);
}

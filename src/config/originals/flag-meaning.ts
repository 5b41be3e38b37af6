/** What a flag of one of the originals means here. */

/** The layer of flags that it becomes; its value passes on unless `value` makes another. */
interface Same {
  readonly flag: string;
  readonly value?: (given: string) => string;
}

/** Accepted without effect, with what to know of that; undefined: what it asks for is so anyhow. */
interface NoEffect {
  readonly noEffect: string | undefined;
}

/** Refused, with what to use. */
interface Instead {
  readonly instead: string;
}

/** Several values separated by commas, each with a meaning of its own. */
interface Listed {
  readonly each: (item: string) => FlagMeaning | undefined;
}

export type FlagMeaning = (Same | NoEffect | Instead | Listed) & {
  /** Stands without a value, and with `no-` before its name for the contrary. */
  readonly isSwitch?: true;
};

/** What it asks for is always so. */
export const ALWAYS: FlagMeaning = { noEffect: undefined };

/** The variables that a configuration may refer to. */

export type Environment = Readonly<Record<string, string | undefined>>;

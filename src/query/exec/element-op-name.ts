/** Names of what a binary operator does to two elements. */

export type ArithmeticName = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonName = '==' | '!=' | '<' | '<=' | '>' | '>=';
/** Native-histogram trims. */
export type TrimName = '</' | '>/';
export type ElementOpName = ArithmeticName | ComparisonName | TrimName;

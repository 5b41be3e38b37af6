/**
 * How deep a YAML text nests, before the parser sees it: for each level of a text of half a megabyte it takes kilobytes, so that what
 * strangers bring would take hundreds of megabytes and seconds.
 */

/** A rule group has five levels. */
const LEVELS_MAX = 200;

/** Whether the text has more levels than anybody means; counted roughly, and never fewer than there are by brackets or dashes. */
export function nestsTooDeeply(text: string): boolean {
  let brackets = 0;
  let dashes = 0;
  let isLineStart = true;
  for (const char of text) {
    if (char === '[' || char === '{') brackets++;
    else if (char === ']' || char === '}') brackets = Math.max(0, brackets - 1);
    if (char === '\n') {
      dashes = 0;
      isLineStart = true;
    } else if (char === '-' || char === '?') {
      if (isLineStart) dashes++;
    } else if (char !== ' ') isLineStart = false;
    if (brackets > LEVELS_MAX || dashes > LEVELS_MAX) return true;
  }
  return false;
}

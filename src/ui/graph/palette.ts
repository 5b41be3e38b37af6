/** Colours of series: told apart in light and dark, and by those who see few colours; in order of use. */

const COLOURS: readonly string[] = [
  '#3b82c4',
  '#e08a2b',
  '#2f9e76',
  '#c4508f',
  '#8d6ad6',
  '#c2a11b',
  '#d4553f',
  '#4aa3b5',
  '#7c9a3c',
  '#9a6b4f',
];

export function colourOf(index: number): string {
  return COLOURS[index % COLOURS.length]!;
}

/** The same text always has the same colour, for services across views. */
export function colourOfText(text: string): string {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return colourOf(Math.abs(hash));
}

/**
 * Colours of texts that are shown together: that of the text where it is free, else the next free one, so that no two look
 * the same as long as there are colours.
 */
export function distinctColours(texts: Iterable<string>): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  const colours = new Map<string, string>();
  for (const text of [...new Set(texts)].sort()) {
    const own = COLOURS.indexOf(colourOfText(text));
    let at = own;
    for (let next = 0; next < COLOURS.length && taken.has(colourOf(at)); next++) at = own + next;
    const colour = taken.size >= COLOURS.length ? colourOf(own) : colourOf(at);
    taken.add(colour);
    colours.set(text, colour);
  }
  return colours;
}

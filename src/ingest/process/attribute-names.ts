/**
 * Names as rules give them. One name has several spellings on its way: `user.email` in OTLP is `user_email` as a label of
 * a series or a stream. So names are compared as they stand and in their label spelling (letters and digits, `_` for each
 * run of anything else), and a rule reaches an attribute under whichever of them it is stored.
 */

const GLOB = /[*?]/;
const NEITHER_LETTER_NOR_DIGIT = /[^a-zA-Z0-9]+/g;
const LABEL_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
/** Names that are remembered with whether they match; beyond it all are forgotten. */
const NAMES_MAX = 8192;
/** Longer names are not remembered: nothing bounds those of attributes. */
const KNOWN_NAME_MAX = 128;

/** Whether the text stands for several names. */
export function isGlob(text: string): boolean {
  return GLOB.test(text);
}

/** The name as series and streams have it; one that will do stays as it is. */
export function labelSpelling(name: string): string {
  if (LABEL_NAME.test(name)) return name;
  const out = name.replace(NEITHER_LETTER_NOR_DIGIT, '_');
  return /^[0-9]/.test(out) ? `key_${out}` : out;
}

/** A set of names and globs; `*` is any text, `?` any character. */
export class NameSet {
  readonly #exact = new Set<string>();
  readonly #spelled = new Set<string>();
  readonly #globs: string[] = [];
  readonly #known = new Map<string, boolean>();

  constructor(names: readonly string[]) {
    for (const name of names) {
      if (isGlob(name)) this.#addGlob(name);
      else this.#addName(name);
    }
  }

  #addName(name: string): void {
    this.#exact.add(name);
    for (const spelling of spellings(name)) this.#spelled.add(spelling);
  }

  #addGlob(glob: string): void {
    this.#globs.push(glob, ...spellings(glob));
  }

  has(name: string): boolean {
    if (name.length > KNOWN_NAME_MAX) return this.hasExactly(name) || this.#fitsGlob(name);
    let known = this.#known.get(name);
    if (known === undefined) {
      known = this.hasExactly(name) || this.#fitsGlob(name);
      if (this.#known.size >= NAMES_MAX) this.#known.clear();
      this.#known.set(name, known);
    }
    return known;
  }

  /** Whether a name of the set, not a glob, is this one in any spelling. */
  hasExactly(name: string): boolean {
    return this.#exact.has(name) || this.#spelled.has(spelled(name));
  }

  #fitsGlob(name: string): boolean {
    const spelling = spelled(name);
    return this.#globs.some((glob) => fits(glob, name) || fits(glob, spelling));
  }
}

function spelled(name: string): string {
  return name.replace(NEITHER_LETTER_NOR_DIGIT, '_');
}

/** Label spellings of a name or glob; none where nothing but `_` is left of it, which would fit too much. */
function spellings(name: string): string[] {
  const spelling = name.replace(/[^a-zA-Z0-9*?]+/g, '_');
  if (!/[a-zA-Z0-9]/.test(spelling)) return [];
  // What a label name must not begin with gets a word before it.
  if (/^[0-9]/.test(spelling)) return [spelling, `key_${spelling}`];
  return spelling.startsWith('_') ? [spelling, `key${spelling}`] : [spelling];
}

/** Whether the glob is all of the name. At a mismatch only the last `*` takes more: no pattern takes long. */
function fits(glob: string, name: string): boolean {
  let g = 0;
  let star = -1;
  let taken = 0;
  for (let n = 0; n < name.length; ) {
    const c = glob[g];
    if (c === '*') {
      star = g++;
      taken = n;
    } else if (c === '?' || c === name[n]) {
      g++;
      n++;
    } else if (star >= 0) {
      g = star + 1;
      n = ++taken;
    } else return false;
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

/**
 * Where the reading of a time stands in its text, and the steps that reading is made of, as Go takes them. A step that
 * does not find what it wants sets `failed`, and what it gives back has no meaning then.
 */

function digit(text: string, at: number): boolean {
  const c = text.charCodeAt(at);
  return c >= 48 && c <= 57;
}

export class TimeCursor {
  readonly text: string;
  at = 0;
  failed = false;

  constructor(text: string) {
    this.text = text;
  }

  get rest(): string {
    return this.text.slice(this.at);
  }

  fail(): number {
    this.failed = true;
    return -1;
  }

  /** One digit or two, two if `fixed`; within bounds. */
  number(fixed: boolean, min: number, max: number): number {
    if (!digit(this.text, this.at) || (fixed && !digit(this.text, this.at + 1))) return this.fail();
    const n = digit(this.text, this.at + 1) ? 2 : 1;
    return this.digits(n, min, max);
  }

  /** Exactly `n` digits. */
  digits(n: number, min = 0, max = Number.POSITIVE_INFINITY): number {
    let value = 0;
    for (let i = 0; i < n; i++) {
      if (!digit(this.text, this.at + i)) return this.fail();
      value = value * 10 + this.text.charCodeAt(this.at + i) - 48;
    }
    this.at += n;
    return value >= min && value <= max ? value : this.fail();
  }

  /** The index of the name that stands here. */
  name(names: readonly string[]): number {
    const found = names.findIndex(
      (name) => this.text.slice(this.at, this.at + name.length).toLowerCase() === name,
    );
    if (found < 0) return this.fail();
    this.at += names[found]!.length;
    return found;
  }

  space(): void {
    if (this.text[this.at] === ' ') this.at++;
  }

  /** A point or comma and digits, as nanoseconds. Of more than nine digits the first nine count. */
  fraction(digits: number): number {
    const c = this.text[this.at];
    if (c !== '.' && c !== ',') return this.fail();
    this.at++;
    const start = this.at;
    this.digits(digits);
    return Number(this.text.slice(start, Math.min(this.at, start + 9)).padEnd(9, '0'));
  }

  /** Digits after the point or comma that may stand here. */
  get fractionDigits(): number {
    const c = this.text[this.at];
    if (c !== '.' && c !== ',') return 0;
    let n = 0;
    while (digit(this.text, this.at + 1 + n)) n++;
    return n;
  }

  /** The layout's own text: a run of spaces there is any run of spaces here, at the end even none. */
  literal(layout: string): void {
    for (let i = 0; i < layout.length; i++) {
      if (layout[i] === ' ') {
        if (this.at < this.text.length && this.text[this.at] !== ' ') this.fail();
        while (layout[i + 1] === ' ') i++;
        while (this.text[this.at] === ' ') this.at++;
      } else if (this.text[this.at++] !== layout[i]) this.fail();
      if (this.failed) return;
    }
  }
}

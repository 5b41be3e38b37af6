/** A fault found while reading a query, at an offset of its text; `parser.ts` makes the user's error of it. */
export class Fault extends Error {
  override name = 'Fault';
  /** UTF-16 offset. */
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

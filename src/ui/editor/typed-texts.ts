/**
 * What was typed, until it comes back as the editor's value: typing goes on meanwhile, and must not be undone by its own echo.
 * Any other value was set from outside.
 */
export class TypedTexts {
  #waiting: string[] = [];

  add(text: string): void {
    this.#waiting.push(text);
  }

  /** Whether the value is one that was typed; older ones will not come back any more. */
  takeEcho(value: string): boolean {
    const echo = this.#waiting.lastIndexOf(value);
    if (echo < 0) return false;
    this.#waiting = this.#waiting.slice(echo + 1);
    return true;
  }

  /** When nothing is on its way any more: what comes from now on was not typed. */
  forget(): void {
    this.#waiting = [];
  }
}

/** Tells whether a series has the same times as the one before: what was derived from them then holds again. */

export class SeenTimes {
  #times = new Float64Array(0);
  #count = -1;

  /** Whether `times[0, count)` are those of the last call; remembers them. */
  again(times: Float64Array, count: number): boolean {
    if (this.#isSame(times, count)) return true;
    if (this.#times.length < count) this.#times = new Float64Array(times.length);
    const own = this.#times;
    for (let i = 0; i < count; i++) own[i] = times[i]!;
    this.#count = count;
    return false;
  }

  #isSame(times: Float64Array, count: number): boolean {
    if (count !== this.#count) return false;
    const own = this.#times;
    for (let i = 0; i < count; i++) if (times[i] !== own[i]) return false;
    return true;
  }
}

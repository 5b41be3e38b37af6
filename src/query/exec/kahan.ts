/**
 * Kahan–Neumaier summation: the rounding error of every addition is carried along and added at the end, so that
 * `[1e100, 1, -1e100]` sums to 1. Hot loops write the step out; this class is for the others.
 */
export class KahanSum {
  sum = 0;
  compensation = 0;

  add(value: number): void {
    const total = this.sum + value;
    if (total - total !== 0) this.compensation = 0;
    else if (Math.abs(this.sum) >= Math.abs(value)) this.compensation += this.sum - total + value;
    else this.compensation += value - total + this.sum;
    this.sum = total;
  }

  value(): number {
    return this.sum + this.compensation;
  }
}

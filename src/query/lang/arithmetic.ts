/** Arithmetic on floats as all three languages have it; where one treats zero divisors otherwise, it says so itself. */

import { unreachable } from '../../base/assert.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';

/** On floats; division by zero is an infinity, as it is for floats everywhere. */
export function arithmetic(op: ArithmeticOperator, a: number, b: number): number {
  switch (op) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
    case '^':
      return a ** b;
    default:
      return unreachable(op, 'arithmetic operator');
  }
}

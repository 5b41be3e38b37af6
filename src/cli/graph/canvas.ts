/** A grid of dots made of characters: eight to a cell in braille, one in ASCII. */

import { paint } from '../print/cells.ts';

const BRAILLE = 0x2800;
/** Bits of the dots of a cell, by row and column. */
const DOTS = [
  [0x01, 0x08],
  [0x02, 0x10],
  [0x04, 0x20],
  [0x40, 0x80],
] as const;
const MARKS = '*+ox#@%&=~';
/** SGR parameters of series. */
const PALETTE = ['36', '33', '32', '35', '34', '31', '96', '93', '92', '95', '94', '91'];

/** How lines are told apart. `marks`: by characters of ASCII, where there is no braille or no colour. */
export interface Pen {
  readonly marks: boolean;
  readonly color: boolean;
}

export class Canvas {
  readonly columns: number;
  readonly rows: number;
  readonly #pen: Pen;
  readonly #dots: Uint8Array;
  /** Which series a cell has, from 1. */
  readonly #series: Uint16Array;

  constructor(columns: number, rows: number, pen: Pen) {
    this.columns = columns;
    this.rows = rows;
    this.#pen = pen;
    this.#dots = new Uint8Array(columns * rows);
    this.#series = new Uint16Array(columns * rows);
  }

  /** In dots. */
  get width(): number {
    return this.#pen.marks ? this.columns : this.columns * 2;
  }

  get height(): number {
    return this.#pen.marks ? this.rows : this.rows * 4;
  }

  /** From dot to dot, both of the grid; `y` grows downwards. */
  line(x0: number, y0: number, x1: number, y1: number, series: number): void {
    const steps = Math.max(Math.abs(x1 - x0), Math.abs(y1 - y0));
    for (let at = 0; at <= steps; at++) {
      const share = steps === 0 ? 0 : at / steps;
      this.#dot(Math.round(x0 + (x1 - x0) * share), Math.round(y0 + (y1 - y0) * share), series);
    }
  }

  #dot(x: number, y: number, series: number): void {
    const [perColumn, perRow] = this.#pen.marks ? [1, 1] : [2, 4];
    const cell = Math.floor(y / perRow) * this.columns + Math.floor(x / perColumn);
    this.#dots[cell]! |= this.#pen.marks ? 1 : DOTS[y % 4]![x % 2]!;
    this.#series[cell] = series + 1;
  }

  /** The row of a dot's `y`. */
  rowOf(y: number): number {
    return Math.floor(y / (this.#pen.marks ? 1 : 4));
  }

  /** A row's characters, `columns` wide. */
  text(row: number): string {
    let text = '';
    for (let column = 0; column < this.columns; column++) {
      const cell = row * this.columns + column;
      if (this.#dots[cell] === 0) text += ' ';
      else {
        const series = this.#series[cell]! - 1;
        const mark = this.#pen.marks ? markOf(series) : String.fromCharCode(BRAILLE + this.#dots[cell]!);
        text += paint(mark, styleOf(series), this.#pen.color);
      }
    }
    return text;
  }
}

export function markOf(series: number): string {
  return MARKS[series % MARKS.length]!;
}

export function styleOf(series: number): string {
  return PALETTE[series % PALETTE.length]!;
}

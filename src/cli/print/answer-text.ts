/** An answer as the text that `trilite query` writes, in each of its forms but the API's own JSON. */

import { histogramBars, vectorBars } from '../graph/bars.ts';
import { lineGraph } from '../graph/line-graph.ts';
import { waterfall } from '../graph/waterfall.ts';
import type { Answer } from '../query-ask.ts';
import type { QueryOutput } from '../query-flags.ts';
import { TailPrinter } from '../tail-print.ts';
import { asTailed, jsonLines, rawLines } from './answer-lines.ts';
import { labelSetTable, matrixTable, tracesTable, vectorTable } from './answer-table.ts';
import { plain } from './cells.ts';
import { csvRows, csvText } from './csv.ts';
import { printValue } from './values.ts';

export interface AnswerStyle {
  /** Cells of a line; infinite where nothing is to be cut. */
  readonly width: number;
  /** Rows of a graph. */
  readonly height: number;
  readonly color: boolean;
  readonly ascii: boolean;
  readonly utc: boolean;
  readonly all: boolean;
}

/** Graphs have an end also where lines are not cut. */
const GRAPH_CELLS_MAX = 100;

/** With the end of its last line. */
export function answerText(answer: Answer, output: Exclude<QueryOutput, 'json'>, style: AnswerStyle): string {
  switch (output) {
    case 'csv':
      return csvText(csvRows(answer));
    case 'jsonl':
      return joined(jsonLines(answer));
    case 'raw':
      return joined(rawLines(answer));
    case 'graph':
      return graphText(answer, style);
    case 'table':
      return tableText(answer, style);
  }
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

function graphText(answer: Answer, style: AnswerStyle): string {
  const graph = { ...style, width: Number.isFinite(style.width) ? style.width : GRAPH_CELLS_MAX };
  if (answer.kind === 'vector') return joined(vectorBars(answer.samples, graph));
  if (answer.kind !== 'matrix') return tableText(answer, style);
  const lines = answer.series.filter(({ points }) => points.length > 0);
  // Of histograms over time the last ones are shown.
  const buckets = answer.series.flatMap(({ labels, histograms }) =>
    histograms.length > 0 ? histogramBars(labels, histograms.at(-1)!, graph) : [],
  );
  return joined([...(lines.length > 0 ? lineGraph(lines, graph) : []), ...buckets]);
}

function tableText(answer: Answer, style: AnswerStyle): string {
  switch (answer.kind) {
    case 'vector':
      return joined(vectorTable(answer.samples, style));
    case 'matrix':
      return joined(matrixTable(answer.series, style));
    case 'scalar':
      return `${printValue(answer.value)}\n`;
    case 'string':
      return `${plain(answer.text)}\n`;
    case 'entries': {
      const { all: allLabels, utc, color } = style;
      const printer = new TailPrinter({ output: 'default', allLabels, utc, color });
      return printer.print(answer.entries.map(asTailed));
    }
    case 'traces':
      return joined(tracesTable(answer.traces, style));
    case 'trace':
      return joined(waterfall(answer.trace, style));
    case 'names':
      return joined(answer.names.map(plain));
    case 'labelSets':
      return joined(labelSetTable(answer.sets, style));
  }
}

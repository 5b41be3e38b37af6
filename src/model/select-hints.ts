/** What the samples of a selection are wanted for. Who reads them may make use of it or not. */

export interface SelectHints {
  /** Of the query or the subquery, 0 where there is none. */
  readonly stepMs?: number;
  /** The function or aggregation around the selector, '' where there is none. */
  readonly func?: string;
  /** Labels of the aggregation right around it, and whether they are those that stay. */
  readonly grouping?: readonly string[];
  readonly by?: boolean;
  /** Of a range selector. */
  readonly rangeMs?: number;
}

/** What the page found. */
export interface Told {
  /** Ids of traces. */
  readonly exported: string;
  readonly beacon: string;
  readonly zipkinId: string;
  /** Status and text, or the name of the error where the browser shows no answer. */
  readonly loki: string;
  readonly zipkin: string;
  readonly refused: string;
}

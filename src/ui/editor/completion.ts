/** What a language's completion is asked, and answers: plain data, so that it can be tested without an editor. */

export interface CompletionQuestion {
  /** The whole query. */
  readonly text: string;
  /** Where the cursor is. */
  readonly at: number;
  /** Whether it was asked for (Ctrl-Space), so that even an empty word is completed. */
  readonly isExplicit: boolean;
}

export interface CompletionOption {
  readonly label: string;
  readonly kind: 'metric' | 'label' | 'value' | 'function' | 'keyword' | 'attribute' | 'operator' | 'snippet';
  /** A word or two beside the label: a type, a count. */
  readonly detail?: string;
  /** A sentence or two about it. */
  readonly info?: string;
  /** What is put in, where it is not the label itself. */
  readonly insert?: string;
  /** How many characters before the end of what is put in the cursor is left. */
  readonly caretBack?: number;
}

export interface Completions {
  /** Where the word begins that an option replaces, up to the cursor or `to`. */
  readonly from: number;
  readonly to?: number;
  readonly options: readonly CompletionOption[];
}

/** Undefined where there is nothing to complete. */
export type Completer = (question: CompletionQuestion) => Promise<Completions | undefined>;

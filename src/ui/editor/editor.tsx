/**
 * The box that queries are typed into: several lines, colours, completion, history. Enter runs, Shift-Enter begins a line,
 * Ctrl-Space completes.
 */

import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  completionStatus,
  pickedCompletion,
} from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewline } from '@codemirror/commands';
import {
  bracketMatching,
  HighlightStyle,
  type StreamLanguage,
  syntaxHighlighting,
} from '@codemirror/language';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder as placeholderText } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { useEffect, useRef } from 'preact/hooks';
import type { Completer } from './completion.ts';

export interface EditorProps {
  readonly value: string;
  /** For screen readers: what is typed here. */
  readonly label: string;
  readonly placeholder?: string;
  readonly language: StreamLanguage<unknown>;
  readonly complete: Completer;
  onChange(text: string): void;
  /** Enter. */
  onRun(text: string): void;
}

const colours = HighlightStyle.define([
  { tag: tags.keyword, color: 'var(--code-keyword)' },
  { tag: tags.string, color: 'var(--code-string)' },
  { tag: tags.number, color: 'var(--code-number)' },
  { tag: tags.comment, color: 'var(--faint)', fontStyle: 'italic' },
  { tag: tags.operator, color: 'var(--code-operator)' },
  { tag: tags.propertyName, color: 'var(--code-label)' },
  { tag: tags.function(tags.variableName), color: 'var(--code-function)' },
]);

export function Editor(props: EditorProps) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  /** What was typed, until it comes back as the value: typing goes on meanwhile, and must not be undone by its own echo. */
  const echoes = useRef<string[]>([]);
  const { label, language } = props;
  useEffect(() => {
    const made = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: latest.current.value,
        extensions: extensions(latest, language, label, (text) => echoes.current.push(text)),
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [label, language]);
  useEffect(() => {
    const made = view.current;
    const echo = echoes.current.lastIndexOf(props.value);
    echoes.current = echoes.current.slice(echo + 1);
    if (!made || echo >= 0 || made.state.doc.toString() === props.value) return;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: props.value } });
  }, [props.value]);
  return <div class="editor" ref={box} />;
}

function extensions(
  latest: { readonly current: EditorProps },
  language: StreamLanguage<unknown>,
  label: string,
  typed: (text: string) => void,
): Extension {
  const run = (view: EditorView): boolean => {
    // Enter takes an option that was chosen; the completion's own keys come first.
    if (completionStatus(view.state) === 'active') return false;
    latest.current.onRun(view.state.doc.toString());
    return true;
  };
  return [
    history(),
    closeBrackets(),
    bracketMatching(),
    language,
    syntaxHighlighting(colours),
    autocompletion({
      override: [(context) => completed(latest.current.complete, context)],
      icons: false,
      activateOnTypingDelay: 120,
      // A query is complete as it stands more often than not: Enter must run it until an option was looked at.
      selectOnOpen: false,
    }),
    keymap.of([
      ...completionKeymap,
      { key: 'Enter', run },
      { key: 'Mod-Enter', run },
      { key: 'Shift-Enter', run: insertNewline },
      // So that the view's keys are within reach again.
      { key: 'Escape', run: left },
      ...closeBracketsKeymap,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', autocapitalize: 'off' }),
    placeholderText(latest.current.placeholder ?? ''),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      const text = update.state.doc.toString();
      typed(text);
      latest.current.onChange(text);
    }),
  ];
}

function left(view: EditorView): boolean {
  view.contentDOM.blur();
  return true;
}

/** Puts a text in and leaves the cursor within it. */
function placed(insert: string, caretBack: number) {
  return (view: EditorView, completion: Completion, from: number, to: number): void => {
    const anchor = from + insert.length - caretBack;
    view.dispatch({
      changes: { from, to, insert },
      selection: { anchor },
      annotations: pickedCompletion.of(completion),
      userEvent: 'input.complete',
    });
  };
}

async function completed(complete: Completer, context: CompletionContext): Promise<CompletionResult | null> {
  const question = { text: context.state.doc.toString(), at: context.pos, isExplicit: context.explicit };
  // Names that could not be had are no reason to disturb whoever types.
  const found = await complete(question).catch(() => undefined);
  if (!found || found.options.length === 0 || context.aborted) return null;
  return {
    from: found.from,
    ...(found.to === undefined ? {} : { to: found.to }),
    options: found.options.map(({ label, kind, detail, info, insert, caretBack }) => ({
      label,
      type: kind,
      ...(detail === undefined ? {} : { detail }),
      ...(info === undefined ? {} : { info }),
      ...(caretBack !== undefined
        ? { apply: placed(insert ?? label, caretBack) }
        : insert === undefined
          ? {}
          : { apply: insert }),
    })),
  };
}

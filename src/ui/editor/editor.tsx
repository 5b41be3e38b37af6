/**
 * The box that queries are typed into: several lines, colours, completion, brackets. Enter runs, Shift-Enter begins a line,
 * Ctrl-Space completes, Escape leaves. It is a text area with its text unseen, and the same text in colours over it.
 */

import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { bracketsAt } from './brackets.ts';
import type { Completer } from './completion.ts';
import { type Drawing, EditorSession } from './editor-session.ts';
import { infoId, OptionList, optionId } from './option-list.tsx';
import type { QueryLanguage, Token } from './query-tokens.ts';
import type { Offer } from './suggestions.ts';

export interface EditorProps {
  readonly value: string;
  /** For screen readers: what is typed here. */
  readonly label: string;
  readonly placeholder?: string;
  readonly language: QueryLanguage;
  readonly complete: Completer;
  onChange(text: string): void;
  /** Enter. */
  onRun(text: string): void;
}

export function Editor(props: EditorProps) {
  const area = useRef<HTMLTextAreaElement>(null);
  const drawn = useRef<HTMLPreElement>(null);
  const session = useRef<EditorSession>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [{ text, cursor, offer }, draw] = useState<Drawing>({
    text: props.value,
    cursor: undefined,
    offer: undefined,
  });
  useLayoutEffect(() => {
    const made = new EditorSession(area.current!, () => latest.current, draw);
    session.current = made;
    return () => made.close();
  }, []);
  useLayoutEffect(() => session.current!.set(props.value), [props.value]);
  const id = useId();
  return (
    <div class="editor">
      <div class="editor-field">
        <textarea
          ref={area}
          rows={1}
          aria-label={props.label}
          {...comboboxOf(id, offer)}
          placeholder={props.placeholder}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          autocorrect="off"
          enterkeyhint="go"
        />
        <pre class="editor-colours" aria-hidden="true" ref={drawn}>
          <Coloured text={text} language={props.language} cursor={cursor} />
        </pre>
      </div>
      {offer && (
        <OptionList
          id={id}
          offer={offer}
          anchor={() => placeOf(drawn.current!, offer.from)}
          onPick={(option) => session.current!.accept(option)}
        />
      )}
    </div>
  );
}

/** A text area's own role knows no list that opens; assistive technology takes this one as it is meant. */
function comboboxOf(id: string, offer: Offer | undefined): object {
  const chosen = offer?.chosen;
  const info = chosen === undefined ? undefined : offer?.options[chosen]?.option.info;
  return {
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': offer !== undefined,
    'aria-controls': offer && id,
    'aria-activedescendant': chosen === undefined ? undefined : optionId(id, chosen),
    'aria-describedby': info === undefined ? undefined : infoId(id),
  };
}

const PLAIN: ReadonlySet<Token['kind']> = new Set(['space', 'word', 'bracket', 'other']);

/** The newline makes room for the cursor in a last line that is empty; elsewhere it takes none. */
function Coloured(props: {
  readonly text: string;
  readonly language: QueryLanguage;
  readonly cursor: number | undefined;
}) {
  const { text, language, cursor } = props;
  const tokens = language(text);
  const brackets = cursor === undefined ? [] : bracketsAt(text, tokens, cursor);
  return (
    <>
      {tokens.map(({ from, to, kind }) => {
        const piece = text.slice(from, to);
        if (brackets.includes(from))
          return <span class={brackets.length === 2 ? 'code-pair' : 'code-lone'}>{piece}</span>;
        return PLAIN.has(kind) ? piece : <span class={`code-${kind}`}>{piece}</span>;
      })}
      {'\n'}
    </>
  );
}

/** Where on the screen a place of the text is. */
function placeOf(drawn: HTMLElement, offset: number): DOMRect {
  const walker = document.createTreeWalker(drawn, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (
    let node = walker.nextNode() as Text | null, left = offset;
    node;
    node = walker.nextNode() as Text | null
  ) {
    if (left < node.length) {
      range.setStart(node, left);
      range.setEnd(node, left + 1);
      return range.getClientRects()[0] ?? range.getBoundingClientRect();
    }
    left -= node.length;
  }
  return drawn.getBoundingClientRect();
}

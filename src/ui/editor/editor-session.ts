/**
 * A text area with what an editor does besides: it listens to the area, tells what was typed, keeps brackets, offers options, and
 * says what is to be drawn. The area's text is the browser's; only what is set from outside is written into it.
 */

import { acceptedOption } from './accepted-option.ts';
import { type Edit, editOfBackspace, editOfTyping } from './brackets.ts';
import type { Completer, CompletionOption } from './completion.ts';
import { type EditorAction, editorAction } from './editor-keys.ts';
import type { QueryLanguage } from './query-tokens.ts';
import { type Offer, Suggestions } from './suggestions.ts';
import { applyEdit, selectionOf } from './text-area.ts';
import { TypedTexts } from './typed-texts.ts';

export interface SessionHost {
  readonly value: string;
  readonly language: QueryLanguage;
  readonly complete: Completer;
  onChange(text: string): void;
  onRun(text: string): void;
}

export interface Drawing {
  readonly text: string;
  /** Undefined without the focus, and while something is selected. */
  readonly cursor: number | undefined;
  readonly offer: Offer | undefined;
}

export class EditorSession {
  readonly #area: HTMLTextAreaElement;
  readonly #host: () => SessionHost;
  readonly #draw: (drawing: Drawing) => void;
  readonly #suggestions: Suggestions;
  readonly #typed = new TypedTexts();
  readonly #end = new AbortController();
  /** Where the cursor was last, to tell whether it was moved. */
  #known = { text: '', at: 0 };
  /** While the editor changes the text itself, which is not over until the cursor is in its place. */
  #isEditing = false;
  #isSetting = false;

  /** `host` gives what holds at the moment. */
  constructor(area: HTMLTextAreaElement, host: () => SessionHost, draw: (drawing: Drawing) => void) {
    this.#area = area;
    this.#host = host;
    this.#draw = draw;
    this.#suggestions = new Suggestions(
      (question) => host().complete(question),
      () => this.#redraw(),
    );
    const { signal } = this.#end;
    area.addEventListener('beforeinput', (event) => this.#beforeInput(event), { signal });
    area.addEventListener('input', (event) => this.#input(event as InputEvent), { signal });
    area.addEventListener('compositionend', () => this.#offerAfter('insertText'), { signal });
    area.addEventListener('keydown', (event) => this.#keyDown(event), { signal });
    area.addEventListener('focus', () => this.#redraw(), { signal });
    area.addEventListener('blur', () => this.#blur(), { signal });
    document.addEventListener('selectionchange', () => this.#selectionChange(), { signal });
  }

  close(): void {
    this.#end.abort();
    this.#suggestions.close();
  }

  /** The value as it is outside, which may be what was typed. */
  set(value: string): void {
    const area = this.#area;
    if (this.#typed.takeEcho(value)) return;
    this.#typed.forget();
    if (area.value === value) return;
    this.#suggestions.close();
    const at = Math.min(area.selectionStart, value.length);
    if (document.activeElement === area) {
      const edit = { from: 0, to: area.value.length, insert: value, selection: { from: at, to: at } };
      this.#isSetting = true;
      this.#edit(edit);
      this.#isSetting = false;
    } else area.value = value;
    this.#redraw();
  }

  accept(option: CompletionOption): void {
    const { offer } = this.#suggestions;
    if (!offer) return;
    const { value, selectionEnd } = this.#area;
    this.#edit(acceptedOption(value, selectionEnd, offer, option));
    // Between the quotes of a label there is something to choose again.
    if (option.caretBack) this.#suggestions.typed(this.#known.text, this.#known.at);
    else this.#suggestions.close();
  }

  #edit(edit: Edit): void {
    this.#isEditing = true;
    applyEdit(this.#area, edit);
    this.#isEditing = false;
    this.#know();
    this.#redraw();
  }

  #know(): void {
    this.#known = { text: this.#area.value, at: this.#area.selectionEnd };
  }

  #beforeInput(event: InputEvent): void {
    const { inputType, data, isComposing } = event;
    if (isComposing || this.#isEditing || !event.cancelable) return;
    const text = this.#area.value;
    const tokens = this.#host().language(text);
    const selection = selectionOf(this.#area);
    const edit =
      inputType === 'insertText' && data?.length === 1
        ? editOfTyping(text, tokens, selection, data)
        : inputType === 'deleteContentBackward'
          ? editOfBackspace(text, tokens, selection)
          : undefined;
    if (!edit) return;
    event.preventDefault();
    this.#edit(edit);
    this.#offerAfter(inputType);
  }

  #input({ inputType, isComposing }: InputEvent): void {
    const text = this.#area.value;
    if (!this.#isSetting) {
      this.#typed.add(text);
      this.#host().onChange(text);
      // What was taken back before it was drawn has no echo.
      setTimeout(() => this.#host().value === this.#area.value && this.#typed.forget());
    }
    if (this.#isEditing) return;
    this.#redraw();
    if (isComposing) this.#know();
    else this.#offerAfter(inputType);
  }

  #offerAfter(inputType: string): void {
    this.#know();
    const { text, at } = this.#known;
    if (inputType === 'insertText' || inputType === 'insertCompositionText')
      this.#suggestions.typed(text, at);
    else if (inputType.startsWith('delete')) this.#suggestions.shortened(text, at);
    else this.#suggestions.close();
  }

  #keyDown(event: KeyboardEvent): void {
    const action = editorAction(event, this.#suggestions.offer);
    if (action === undefined) return;
    event.preventDefault();
    // Nobody else is meant by an Escape that closes a list.
    if (action === 'close') event.stopPropagation();
    this.#act(action);
  }

  #act(action: EditorAction): void {
    const { value, selectionEnd } = this.#area;
    const suggestions = this.#suggestions;
    if (action === 'run') {
      suggestions.close();
      this.#host().onRun(value);
    } else if (action === 'accept') {
      const { options, chosen = 0 } = suggestions.offer!;
      this.accept(options[chosen]!.option);
    } else if (action === 'ask') suggestions.asked(value, selectionEnd);
    else if (action === 'close') suggestions.close();
    else if (action === 'leave') this.#area.blur();
    else suggestions.move(action);
  }

  #blur(): void {
    this.#suggestions.close();
    this.#redraw();
  }

  /** Whoever moves the cursor is about something else than the word that was begun. */
  #selectionChange(): void {
    const area = this.#area;
    if (document.activeElement !== area || this.#isEditing) return;
    const { text, at } = this.#known;
    const { from, to } = selectionOf(area);
    if (area.value === text && from === at && to === at) return;
    this.#know();
    this.#suggestions.close();
    this.#redraw();
  }

  #redraw(): void {
    const { from, to } = selectionOf(this.#area);
    const hasCursor = from === to && document.activeElement === this.#area;
    this.#draw({
      text: this.#area.value,
      cursor: hasCursor ? from : undefined,
      offer: this.#suggestions.offer,
    });
  }
}

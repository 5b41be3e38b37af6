/** The options on offer, at the word that they complete. The focus stays in the text; the list follows its keys. */

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { CompletionOption } from './completion.ts';
import type { RankedOption } from './option-rank.ts';
import type { Offer } from './suggestions.ts';

/** From the edge of what is to be seen, and from the text. */
const MARGIN_PX = 8;
/** Less is no list. */
const HEIGHT_MIN_PX = 96;
const HEIGHT_MAX_PX = 340;

export function optionId(list: string, index: number): string {
  return `${list}-${index}`;
}

export function infoId(list: string): string {
  return `${list}-info`;
}

interface OptionListProps {
  readonly id: string;
  readonly offer: Offer;
  /** Where on the screen the word begins. */
  anchor(): DOMRect;
  onPick(option: CompletionOption): void;
}

export function OptionList(props: OptionListProps) {
  const { id, offer, anchor } = props;
  const { options, more, chosen } = offer;
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  useLayoutEffect(() => place(box.current!, anchor()), [offer]);
  useLayoutEffect(() => {
    const end = new AbortController();
    const { signal } = end;
    const again = () => place(box.current!, latest.current.anchor());
    // Also when the keyboard of a phone comes up.
    visualViewport?.addEventListener('resize', again, { signal });
    // What is pressed here must not take the focus from the text.
    box.current!.addEventListener('mousedown', (event) => event.preventDefault(), { signal });
    list.current!.addEventListener('click', ({ target }) => pick(latest.current, target), { signal });
    return () => end.abort();
  }, []);
  useLayoutEffect(() => {
    if (chosen === undefined) list.current!.scrollTop = 0;
    else reveal(list.current!, list.current!.children[chosen] as HTMLElement);
  }, [offer]);
  const info = chosen === undefined ? undefined : options[chosen]!.option.info;
  return (
    <div class="options" ref={box}>
      <div class="options-list" id={id} role="listbox" aria-label="Completions" ref={list}>
        {options.map((ranked, i) => (
          <Option
            key={`${ranked.option.kind} ${ranked.option.label}`}
            id={optionId(id, i)}
            ranked={ranked}
            isChosen={i === chosen}
          />
        ))}
      </div>
      {more > 0 && <p class="options-more">{more} more: type on to narrow them</p>}
      {info !== undefined && (
        <p class="options-info" id={infoId(id)}>
          {info}
        </p>
      )}
    </div>
  );
}

function Option(props: { readonly id: string; readonly ranked: RankedOption; readonly isChosen: boolean }) {
  const { id, ranked, isChosen } = props;
  const { label, kind, detail } = ranked.option;
  return (
    <div id={id} role="option" aria-selected={isChosen} class={`option option-${kind}`} tabIndex={-1}>
      <span class="option-label">
        <Marked label={label} found={ranked.found} />
      </span>
      {detail !== undefined && <span class="option-detail"> {detail}</span>}
    </div>
  );
}

/** The label with the signs that were typed. */
function Marked({ label, found }: { readonly label: string; readonly found: readonly number[] }) {
  const pieces = [];
  let done = 0;
  for (let i = 0; i < found.length; ) {
    const from = found[i]!;
    let to = from;
    while (found[i] === to) {
      to++;
      i++;
    }
    pieces.push(label.slice(done, from), <b>{label.slice(from, to)}</b>);
    done = to;
  }
  return (
    <>
      {pieces}
      {label.slice(done)}
    </>
  );
}

function pick({ offer, onPick }: OptionListProps, target: EventTarget | null): void {
  const pressed = (target as Element).closest('[role=option]');
  const index = pressed ? [...pressed.parentElement!.children].indexOf(pressed) : -1;
  if (index >= 0) onPick(offer.options[index]!.option);
}

/** Below the word, or above it where there is more room; never over the edge of what is to be seen. */
function place(box: HTMLElement, at: DOMRect): void {
  const seen = visualViewport ?? { offsetLeft: 0, offsetTop: 0, width: innerWidth, height: innerHeight };
  const origin = box.offsetParent!.getBoundingClientRect();
  const below = seen.offsetTop + seen.height - at.bottom - MARGIN_PX;
  const above = at.top - seen.offsetTop - MARGIN_PX;
  const { style } = box;
  style.maxHeight = `${HEIGHT_MAX_PX}px`;
  const isAbove = box.offsetHeight > below && above > below;
  style.maxHeight = `${Math.max(HEIGHT_MIN_PX, Math.min(HEIGHT_MAX_PX, isAbove ? above : below))}px`;
  const rightmost = seen.offsetLeft + seen.width - MARGIN_PX - box.offsetWidth;
  const left = Math.max(seen.offsetLeft + MARGIN_PX, Math.min(at.left, rightmost));
  const top = isAbove ? at.top - box.offsetHeight - 2 : at.bottom + 2;
  style.left = `${left - origin.left - box.offsetParent!.clientLeft}px`;
  style.top = `${top - origin.top - box.offsetParent!.clientTop}px`;
}

function reveal(list: HTMLElement, option: HTMLElement): void {
  const { offsetTop, offsetHeight } = option;
  if (offsetTop < list.scrollTop) list.scrollTop = offsetTop;
  else if (offsetTop + offsetHeight > list.scrollTop + list.clientHeight)
    list.scrollTop = offsetTop + offsetHeight - list.clientHeight;
}

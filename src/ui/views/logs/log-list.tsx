/**
 * Lines below one another, however many: only those near the screen are in the document. They stand in chunks; one that is
 * far away is a gap of the height that it had when it was last seen, or that its lines will have about.
 */

import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import type { LineView } from './line-text.tsx';
import { Row } from './log-line.tsx';
import type { LogRow } from './log-row.ts';

const CHUNK_ROWS = 50;
/** Of a line that is neither wrapped nor unfolded. */
const ROW_PX = 22;
/** How far from the screen chunks are made. */
const MARGIN_PX = 1200;
/** So many are there at once, before the browser says what is near. */
const FIRST_CHUNKS = 2;

export interface LogListProps {
  readonly rows: readonly LogRow[];
  readonly view: LineView;
  /** Which end stays as it is when lines are added: chunks are counted from there. */
  readonly fixedEnd: 'first' | 'last';
  /** Lines that were there at the fixed end before. */
  readonly gone?: number;
  /** The moment of the line that a link leads to. */
  readonly linkedNs?: string | undefined;
}

export function LogList({ rows, view, fixedEnd, gone = 0, linkedNs }: LogListProps) {
  const linked = rows.find(({ ns }) => ns === linkedNs)?.id;
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set(linked === undefined ? [] : [linked]));
  const box = useRef<HTMLDivElement>(null);
  const toggle = useCallback((id: number) => {
    setOpen((last) =>
      last.has(id) ? new Set([...last].filter((one) => one !== id)) : new Set([...last, id]),
    );
  }, []);
  useUnfoldByClick(box, toggle);
  useLineKeys(box);
  useEffect(() => {
    if (linked === undefined) return;
    setOpen((last) => new Set([...last, linked]));
    box.current?.querySelector(`[data-line="${linked}"]`)?.scrollIntoView({ block: 'center' });
  }, [linked]);
  return (
    <div class={view.wraps ? 'log-lines wraps' : 'log-lines'} ref={box}>
      {chunksOf(rows, fixedEnd, gone).map((chunk, i) => (
        <Chunk
          key={chunk.key}
          rows={chunk.rows}
          view={view}
          open={open}
          startsNear={i < FIRST_CHUNKS || chunk.rows.some(({ id }) => id === linked)}
          toggle={toggle}
        />
      ))}
    </div>
  );
}

interface RowChunk {
  readonly key: number;
  readonly rows: readonly LogRow[];
}

function chunksOf(rows: readonly LogRow[], fixedEnd: 'first' | 'last', gone: number): readonly RowChunk[] {
  const numberOf = (i: number) =>
    Math.floor(((fixedEnd === 'first' ? i : rows.length - 1 - i) + gone) / CHUNK_ROWS);
  const chunks: RowChunk[] = [];
  for (let from = 0; from < rows.length; ) {
    const key = numberOf(from);
    let to = from + 1;
    while (to < rows.length && numberOf(to) === key) to++;
    chunks.push({ key, rows: rows.slice(from, to) });
    from = to;
  }
  return chunks;
}

function Chunk(props: {
  readonly rows: readonly LogRow[];
  readonly view: LineView;
  readonly open: ReadonlySet<number>;
  readonly startsNear: boolean;
  toggle(id: number): void;
}) {
  const { rows, view, open, startsNear, toggle } = props;
  const [isNear, setNear] = useState(startsNear);
  const box = useRef<HTMLDivElement>(null);
  const heightPx = useRef<number>(undefined);
  useEffect(() => {
    const element = box.current!;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (!entry!.isIntersecting) heightPx.current = element.offsetHeight;
        setNear(entry!.isIntersecting);
      },
      { rootMargin: `${MARGIN_PX}px 0px` },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const first = rows[0]!.id;
  const last = rows.at(-1)!.id;
  const opened = rows.filter(({ id }) => open.has(id)).length;
  // Equal nodes are not looked at again: what comes in elsewhere costs this chunk nothing.
  const drawn = useMemo(
    () =>
      isNear
        ? rows.map((row) => (
            <Row key={row.id} row={row} view={view} isOpen={open.has(row.id)} onToggle={toggle} />
          ))
        : null,
    [isNear, first, last, rows.length, view, opened, opened > 0 ? open : undefined, toggle],
  );
  const gap = isNear ? undefined : { height: `${heightPx.current ?? rows.length * ROW_PX}px` };
  return (
    <div ref={box} style={gap}>
      {drawn}
    </div>
  );
}

/** The line's button is for the keyboard; the mouse may click anywhere on the line, except to select text. */
function useUnfoldByClick(box: { current: HTMLDivElement | null }, toggle: (id: number) => void): void {
  useEffect(() => {
    const element = box.current!;
    const click = (event: MouseEvent) => {
      const target = event.target as Element;
      if (target.closest('a, button, .log-details') || !getSelection()?.isCollapsed) return;
      const id = target.closest<HTMLElement>('[data-line]')?.dataset.line;
      if (id !== undefined) toggle(Number(id));
    };
    element.addEventListener('click', click);
    return () => element.removeEventListener('click', click);
  }, [toggle]);
}

/** From line to line: the one with the cursor unfolds by Enter, as every button does what it does. */
function useLineKeys(box: { current: HTMLDivElement | null }): void {
  const [keys] = useState<readonly KeyAction[]>(() => [
    { keys: 'j', what: 'Next line; Enter unfolds it', run: () => step(box.current, 1) },
    { keys: 'k', what: 'Line before', run: () => step(box.current, -1) },
    { keys: 'ArrowDown', what: 'Next line', run: () => step(box.current, 1) },
    { keys: 'ArrowUp', what: 'Line before', run: () => step(box.current, -1) },
  ]);
  useKeys(keys);
}

function step(box: HTMLElement | null, by: 1 | -1): void {
  const buttons = [...(box?.querySelectorAll<HTMLElement>('.log-time') ?? [])];
  const row = document.activeElement?.closest('[data-line]');
  const own = row?.querySelector<HTMLElement>('.log-time');
  const at = own ? buttons.indexOf(own) : -1;
  const next = at < 0 ? firstOnScreen(buttons) : buttons[at + by];
  next?.focus({ preventScroll: true });
  next?.closest('[data-line]')?.scrollIntoView({ block: 'nearest' });
}

function firstOnScreen(buttons: readonly HTMLElement[]): HTMLElement | undefined {
  return buttons.find((button) => button.getBoundingClientRect().top >= 0);
}

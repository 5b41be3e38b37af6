/** The range of time, in the shell: the usual ones by a click, others by typing, and how often to look again. */

import { useEffect, useRef, useState } from 'preact/hooks';
import { setParams } from '../location.ts';
import { now } from './now.ts';
import { boundsOf, describeRange, QUICK_RANGES } from './range.ts';
import { refresh, setRange, useAutoRefresh, useTime } from './use-time.ts';

const REFRESH_CHOICES: readonly string[] = ['5s', '15s', '30s', '1m', '5m'];

export function RangePicker() {
  const { range, fault } = useTime();
  const every = useAutoRefresh();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: Event) => {
      const leaves =
        event instanceof KeyboardEvent
          ? event.key === 'Escape'
          : !box.current?.contains(event.target as Node);
      if (leaves) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    document.addEventListener('keydown', close);
    return () => {
      document.removeEventListener('pointerdown', close);
      document.removeEventListener('keydown', close);
    };
  }, [isOpen]);
  return (
    <div class="range" ref={box}>
      <button
        type="button"
        class="range-button"
        aria-expanded={isOpen}
        title={fault}
        onClick={() => setOpen(!isOpen)}
      >
        {describeRange(range)}
      </button>
      <button type="button" aria-label="Refresh" title="Refresh (r)" onClick={refresh}>
        ↻
      </button>
      <select
        aria-label="Refresh every"
        value={every ?? ''}
        onChange={(event) =>
          setParams({ refresh: event.currentTarget.value || undefined }, { replace: true })
        }
      >
        <option value="">off</option>
        {REFRESH_CHOICES.map((choice) => (
          <option key={choice}>{choice}</option>
        ))}
      </select>
      {isOpen && <RangePanel onDone={() => setOpen(false)} />}
    </div>
  );
}

function RangePanel({ onDone }: { onDone(): void }) {
  const { range } = useTime();
  const [from, setFrom] = useState(range.from);
  const [to, setTo] = useState(range.to);
  const [fault, setFault] = useState<string>();
  const apply = (event: Event) => {
    event.preventDefault();
    try {
      boundsOf({ from, to }, now());
    } catch (error) {
      setFault((error as Error).message);
      return;
    }
    setRange({ from, to });
    onDone();
  };
  const choose = (quick: string) => {
    setRange({ from: `now-${quick}`, to: 'now' });
    onDone();
  };
  return (
    <div class="range-panel">
      <div class="range-quick">
        {QUICK_RANGES.map((quick) => (
          <button key={quick} type="button" onClick={() => choose(quick)}>
            {quick}
          </button>
        ))}
      </div>
      <form onSubmit={apply}>
        <label>
          From <input value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <label>
          To <input value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
        {fault && <p class="fault">{fault}</p>}
        <button type="submit" class="primary">
          Apply
        </button>
      </form>
    </div>
  );
}

/** Copies a text, and says that it did. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const TOLD_MS = 1500;

export function CopyButton({
  text,
  children,
}: {
  /** Made when it is wanted: it may be long. */
  text(): string;
  readonly children: ComponentChildren;
}) {
  const [isDone, setDone] = useState(false);
  useEffect(() => {
    if (!isDone) return;
    const timer = setTimeout(() => setDone(false), TOLD_MS);
    return () => clearTimeout(timer);
  }, [isDone]);
  return (
    <button type="button" onClick={() => copy(text()).then(setDone)}>
      <span aria-live="polite">{isDone ? 'Copied' : children}</span>
    </button>
  );
}

/** Browsers have a clipboard for pages of safe origins only; elsewhere what is selected can be copied. */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const box = document.createElement('textarea');
    box.value = text;
    document.body.append(box);
    box.select();
    const isDone = document.execCommand('copy');
    box.remove();
    return isDone;
  }
}

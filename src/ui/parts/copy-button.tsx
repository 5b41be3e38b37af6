/** Copies a text, and says that it did. */

import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';

const SAID_FOR_MS = 1500;

export function CopyButton(props: {
  /** A long one may be made when it is wanted. */
  readonly text: string | (() => string);
  /** What is copied, for screen readers, where the button does not say it. */
  readonly what?: string;
  readonly children?: ComponentChildren;
}) {
  const { text, what, children } = props;
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => {
    const isDone = await copied(typeof text === 'string' ? text : text());
    setSaid(isDone ? 'Copied' : 'Select it and copy');
  };
  return (
    <button type="button" class="copy" aria-label={what && !said ? `Copy ${what}` : undefined} onClick={copy}>
      <span role="status">{said ?? children ?? 'Copy'}</span>
    </button>
  );
}

/** Browsers have a clipboard on HTTPS and this machine only; the older way works elsewhere. */
async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    const isDone = document.execCommand('copy');
    area.remove();
    return isDone;
  }
}

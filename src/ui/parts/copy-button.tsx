/** Copies a text, and says that it did. */

import { useEffect, useState } from 'preact/hooks';

const SAID_FOR_MS = 1500;

export function CopyButton({ text, what }: { readonly text: string; readonly what?: string }) {
  const [said, setSaid] = useState<string>();
  useEffect(() => {
    if (said === undefined) return;
    const timer = setTimeout(() => setSaid(undefined), SAID_FOR_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await copied(text)) ? 'Copied' : 'Select it and copy');
  return (
    <button type="button" class="copy" aria-label={what && !said ? `Copy ${what}` : undefined} onClick={copy}>
      <span role="status">{said ?? 'Copy'}</span>
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

/** How to send to this server, in texts to be copied. */

import { href } from '../../location.ts';
import { Snippet } from '../../parts/snippet.tsx';
import { sendTexts } from './send.ts';

export function SendPanel({ isOpen }: { readonly isOpen: boolean }) {
  const origin = window.location.origin + href('/').replace(/\/$/, '');
  return (
    <details class="panel send" open={isOpen}>
      <summary>
        <h2>How to send data here</h2>
      </summary>
      <div class="send-texts">
        {sendTexts(origin).map(({ title, text }) => (
          <Snippet key={title} title={title} text={text} />
        ))}
      </div>
      <p class="faint">
        Grafana's data sources Prometheus, Loki and Tempo take this address, too: <code>{origin}</code>
      </p>
    </details>
  );
}

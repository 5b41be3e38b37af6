/** What to do where nothing is scraped. */

import { href } from '../../location.ts';
import { Snippet } from '../../parts/snippet.tsx';
import { Empty } from '../../parts/states.tsx';

const SCRAPE_CONFIG = `scrape_configs:
  - job_name: my-service
    static_configs:
      - targets: ['my-service:8080']
`;

export function NoPools() {
  return (
    <Empty title="Nothing is scraped">
      <p>
        A <code>prometheus.yml</code> works as it is: <code>trilite --config prometheus.yml</code>. Without
        one Trilite scrapes its own metrics. Once there is one, changes to it are taken in while the server
        runs; the <a href={href('/config')}>configuration in force</a> is shown here.
      </p>
      <Snippet title="prometheus.yml" text={SCRAPE_CONFIG} />
    </Empty>
  );
}

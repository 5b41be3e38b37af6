/** From a service to its metrics, logs and traces: links that know their way when they are pointed at. */

import { useState } from 'preact/hooks';
import { serviceSelectors } from '../../model/correlate/service.ts';
import { metricsUnder } from '../../model/correlate/service-queries.ts';
import { logsAddress, metricsAddress, tracesAddress } from '../correlate/jump.ts';
import { href } from '../location.ts';
import type { Bounds } from '../time/range.ts';

export function ServiceJumps(props: {
  readonly service: string;
  readonly bounds: Bounds;
  readonly without?: 'metrics';
}) {
  const { service, bounds, without } = props;
  const selector = serviceSelectors(service)[0]!;
  return (
    <span class="jumps">
      {without !== 'metrics' && (
        <Jump
          key={`metrics ${bounds.startMs}`}
          name="Metrics"
          service={service}
          guess={href('/graph', { 'g0.expr': metricsUnder(selector) })}
          find={() => metricsAddress(service, bounds)}
        />
      )}
      <Jump
        key={`logs ${bounds.startMs}`}
        name="Logs"
        service={service}
        guess={href('/logs', { q: selector })}
        find={() => logsAddress(service, bounds)}
      />
      <a href={tracesAddress(service, bounds)} aria-label={`Traces of ${service}`}>
        Traces
      </a>
    </span>
  );
}

/** Asking for all rows of a table which label is the right one would be many requests: it is asked for on the way. */
function Jump(props: {
  readonly name: string;
  readonly service: string;
  readonly guess: string;
  readonly find: () => Promise<string>;
}) {
  const { name, service, guess, find } = props;
  const [found, setFound] = useState<string>();
  const prepare = () => {
    if (found === undefined) find().then(setFound, () => undefined);
  };
  const open = async (event: MouseEvent) => {
    // The click below comes from a script.
    if (found !== undefined || !event.isTrusted || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    const link = event.currentTarget as HTMLAnchorElement;
    const address = await find().catch(() => guess);
    link.href = address;
    setFound(address);
    link.click();
  };
  return (
    <a
      href={found ?? guess}
      aria-label={`${name} of ${service}`}
      onPointerEnter={prepare}
      onFocus={prepare}
      onClick={open}
    >
      {name}
    </a>
  );
}

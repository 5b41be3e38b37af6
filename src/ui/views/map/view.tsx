/** The service map: who calls whom, how often, how fast and with how many faults, as a picture and as a table. */

import { useMemo } from 'preact/hooks';
import { useLoad } from '../../api/use-load.ts';
import { distinctColours } from '../../graph/palette.ts';
import { setParams, usePlace } from '../../location.ts';
import { Empty, Shown } from '../../parts/states.tsx';
import { ServiceColours } from '../../parts/swatch.tsx';
import { type KeyAction, useKeys } from '../../shell/keys.ts';
import { useTime } from '../../time/use-time.ts';
import { HowToSend } from '../traces/how-to-send.tsx';
import { type LoadedGraph, loadGraph } from './load-graph.ts';
import { MapPicture } from './map-picture.tsx';
import { apart, filtered } from './service-graph.ts';
import { ServicePanel } from './service-panel.tsx';
import { ServiceTable } from './service-table.tsx';

const KEYS: readonly KeyAction[] = [
  { keys: 'x', what: 'Close the service', run: () => setParams({ service: undefined }, { replace: true }) },
];

export function MapView() {
  useKeys(KEYS);
  const time = useTime();
  const loaded = useLoad((signal) => loadGraph(time, signal), [time]);
  return (
    <Shown loaded={loaded} what="The service map cannot be made">
      {(found) => (found.graph.nodes.length === 0 ? <NoMap /> : <ServiceMap found={found} />)}
    </Shown>
  );
}

function ServiceMap({ found }: { readonly found: LoadedGraph }) {
  const { params } = usePlace();
  const text = params.get('filter') ?? '';
  const namespace = params.get('namespace') ?? '';
  const graph = useMemo(() => filtered(found.graph, { text, namespace }), [found, text, namespace]);
  const colours = useMemo(() => distinctColours(found.graph.nodes.map(({ name }) => name)), [found]);
  const { joined, alone } = useMemo(() => apart(graph), [graph]);
  const namespaces = [...new Set(found.graph.nodes.map((node) => node.namespace))].filter(Boolean).sort();
  const chosen = found.graph.nodes.find(({ name }) => name === params.get('service'));
  const choose = (name: string | undefined) => setParams({ service: name }, { replace: true });
  return (
    <ServiceColours.Provider value={colours}>
      <div class="row map-tools">
        <h1 class="grow">Services</h1>
        <input
          type="search"
          aria-label="Filter services"
          placeholder="Filter services"
          value={text}
          onInput={(event) =>
            setParams({ filter: event.currentTarget.value || undefined }, { replace: true })
          }
        />
        {namespaces.length > 0 && (
          <select
            aria-label="Namespace"
            value={namespace}
            onChange={(event) =>
              setParams({ namespace: event.currentTarget.value || undefined }, { replace: true })
            }
          >
            <option value="">All namespaces</option>
            {namespaces.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </div>
      {found.source === 'dependencies' && (
        <p class="trace-note">
          Counted from spans: there are no metrics of the service graph in this range, so that rates are all
          that is known.
        </p>
      )}
      {graph.nodes.length === 0 ? (
        <Empty title="No service fits the filter" />
      ) : (
        <div class={chosen ? 'map-body has-panel' : 'map-body'}>
          <div class="map-main">
            {joined.nodes.length > 0 && <MapPicture graph={joined} chosen={chosen?.name} onChoose={choose} />}
            <Alone names={alone} />
            <ServiceTable graph={graph} chosen={chosen?.name} onChoose={choose} />
          </div>
          {chosen && (
            <ServicePanel
              key={chosen.name}
              node={chosen}
              graph={found.graph}
              onClose={() => choose(undefined)}
              onChoose={choose}
            />
          )}
        </div>
      )}
    </ServiceColours.Provider>
  );
}

/** More names than this say nothing that the table does not. */
const ALONE_MAX = 10;

function Alone({ names }: { readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  const rest = names.length - ALONE_MAX;
  return (
    <p class="faint">
      Without calls to or from others: {names.slice(0, ALONE_MAX).join(', ')}
      {rest > 0 && ` and ${rest} more`}
    </p>
  );
}

function NoMap() {
  return (
    <Empty title="No service was called in this range of time">
      <p>
        The map is made of spans as they come in: a client span and the server span below it are a call.
        Nothing has to be set up; a range further back may have some.
      </p>
      <HowToSend />
    </Empty>
  );
}

/** The map's picture: a card for every service, callers on the left, with a ring that shows which part of its calls failed. */

import { useMemo } from 'preact/hooks';
import { useServiceColour } from '../../parts/swatch.tsx';
import { type LayoutSize, layered, type Point } from './graph-layout.ts';
import { failedShare, latencyText, percentText, rateText } from './numbers-text.ts';
import type { ServiceEdge, ServiceGraph, ServiceNode } from './service-graph.ts';

const SIZE: LayoutSize = { nodeWidth: 184, nodeHeight: 50, gapX: 96, gapY: 18 };
/** Around the picture, for rings and lines at its edges. */
const MARGIN = 14;
const RING = 14;
const HEAD_PX = 9;
/** Smaller, and its words cannot be read: it scrolls instead. */
const LEAST_SCALE = 0.8;
/** Names that are longer end in an ellipsis. */
const NAME_MAX_CHARS = 18;
const KIND_SIGNS = { service: '', database: '⛁', peer: '◌' } as const;
const KIND_NAMES = { service: 'service', database: 'database', peer: 'not instrumented' } as const;

export function MapPicture(props: {
  readonly graph: ServiceGraph;
  readonly chosen: string | undefined;
  onChoose(name: string): void;
}) {
  const { graph, chosen, onChoose } = props;
  const layout = useMemo(
    () =>
      layered(
        graph.nodes.map(({ name }) => name),
        graph.edges.map(({ client, server }) => ({ from: client, to: server })),
        SIZE,
      ),
    [graph],
  );
  const most = graph.edges.reduce((rate, edge) => Math.max(rate, edge.rate), 0);
  const [width, height] = [layout.width + 2 * MARGIN, layout.height + 2 * MARGIN];
  const isNear = ({ client, server }: ServiceEdge) => client === chosen || server === chosen;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="panel map-picture scroll" tabIndex={0} aria-label="Map of services">
      <svg
        viewBox={`${-MARGIN} ${-MARGIN} ${width} ${height}`}
        style={{ width: `clamp(${Math.round(width * LEAST_SCALE)}px, 100%, ${width}px)` }}
        class={chosen === undefined ? '' : 'has-chosen'}
      >
        <title>Which service calls which</title>
        {graph.edges.map((edge, i) => (
          <Line
            key={`${edge.client}\0${edge.server}`}
            edge={edge}
            path={layout.paths[i]!}
            most={most}
            isNear={isNear(edge)}
          />
        ))}
        {graph.nodes.map((node) => (
          <Card
            key={node.name}
            node={node}
            at={layout.places.get(node.name)!}
            isChosen={node.name === chosen}
            onChoose={() => onChoose(node.name)}
          />
        ))}
      </svg>
    </section>
  );
}

function Line(props: {
  readonly edge: ServiceEdge;
  readonly path: readonly Point[];
  readonly most: number;
  readonly isNear: boolean;
}) {
  const { edge, path, most, isNear } = props;
  if (path.length === 0) return null;
  const failed = failedShare(edge);
  const middle = path[Math.floor((path.length - 1) / 2)]!;
  const after = path[Math.floor((path.length - 1) / 2) + 1]!;
  const classes = [
    'map-line',
    edge.isMessaging && 'is-messaging',
    failed > 0 && 'has-failed',
    isNear && 'is-near',
  ];
  return (
    <g class={classes.filter(Boolean).join(' ')}>
      <title>
        {edge.client} → {edge.server}: {rateText(edge.rate)}, {percentText(failed)} failed, p95{' '}
        {latencyText(edge.p95S)}
      </title>
      <path d={curve(path)} stroke-width={1 + 2.5 * Math.sqrt(edge.rate / (most || 1))} />
      <path class="map-head" d={arrowHead(path)} />
      <text x={(middle.x + after.x) / 2} y={(middle.y + after.y) / 2 - 4}>
        {rateText(edge.rate)}
      </text>
    </g>
  );
}

/** Through all points, level at each. */
function curve(path: readonly Point[]): string {
  let text = `M${path[0]!.x} ${path[0]!.y}`;
  for (let i = 1; i < path.length; i++) {
    const [from, to] = [path[i - 1]!, path[i]!];
    const middle = (from.x + to.x) / 2;
    text += ` C${middle} ${from.y} ${middle} ${to.y} ${to.x} ${to.y}`;
  }
  return text;
}

/** Lines come level from the side of their last bend. */
function arrowHead(path: readonly Point[]): string {
  const [before, { x, y }] = [path.at(-2)!, path.at(-1)!];
  const back = x - Math.sign(x - before.x) * HEAD_PX;
  return `M${x} ${y} L${back} ${y - HEAD_PX / 2} L${back} ${y + HEAD_PX / 2}z`;
}

function Card(props: {
  readonly node: ServiceNode;
  readonly at: Point;
  readonly isChosen: boolean;
  onChoose(): void;
}) {
  const { node, at, isChosen, onChoose } = props;
  const { name, kind, rate, p95S } = node;
  const failed = failedShare(node);
  const colourOf = useServiceColour();
  const sign = KIND_SIGNS[kind];
  const shown = name.length > NAME_MAX_CHARS ? `${name.slice(0, NAME_MAX_CHARS - 1)}…` : name;
  const numbers = rate > 0 ? `${rateText(rate)}  ${latencyText(p95S)}` : 'calls others';
  return (
    // biome-ignore lint/a11y/useSemanticElements: a picture has no buttons of its own
    <g
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      class={isChosen ? `map-card is-${kind} is-chosen` : `map-card is-${kind}`}
      transform={`translate(${at.x} ${at.y})`}
      onClick={onChoose}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onChoose();
      }}
    >
      <title>
        {`${name}, ${KIND_NAMES[kind]}, ${rateText(rate)}, ${percentText(failed)} failed, p95 ${latencyText(p95S)}`}
      </title>
      <rect width={SIZE.nodeWidth} height={SIZE.nodeHeight} rx="8" />
      <g transform={`translate(${RING + 10} ${SIZE.nodeHeight / 2})`}>
        <circle r={RING} class="map-ring" style={{ stroke: colourOf(name) }} />
        {failed > 0 && (
          <circle
            r={RING}
            class="map-ring is-failed"
            pathLength="100"
            stroke-dasharray={`${failed * 100} 100`}
            transform="rotate(-90)"
          />
        )}
        <text class="map-sign" y="5">
          {sign || (failed > 0 ? percentText(failed) : '')}
        </text>
      </g>
      <text class="map-name" x={2 * RING + 18} y="21">
        {shown}
      </text>
      <text class="map-numbers" x={2 * RING + 18} y="38">
        {numbers}
      </text>
    </g>
  );
}

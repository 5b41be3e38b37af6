/** What the front remembers for the doctor from the start on, and the endpoint that has it looked at. */

import { Asked } from './api/asked.ts';
import { doctorRoute } from './api/doctor-route.ts';
import type { OpenAddress } from './api/listeners.ts';
import type { HandledRoute } from './api/route.ts';
import { type StrayKind, StrayRequests } from './api/stray-requests.ts';
import type { ExtraListeners } from './extra-listeners.ts';
import { Arrivals } from './ingest/receive/arrivals.ts';
import type { DoctorParts } from './local-doctor.ts';
import type { Engine, EngineOptions, Running } from './main.ts';

type Open = Pick<Running, 'http' | 'jaeger' | 'grpc'>;

export class DoctorNotes {
  readonly arrivals = new Arrivals();
  /** What the server of all APIs tells of. */
  readonly ofRequests: { readonly asked: Asked; readonly strays: StrayRequests };
  readonly began: DoctorParts['began'] = { wallMs: Date.now(), elapsedMs: performance.now() };

  constructor(now: () => number) {
    this.ofRequests = { asked: new Asked(), strays: new StrayRequests(now) };
  }

  /** Of a connection that speaks something else than its port. */
  readonly misled = (kind: StrayKind, port: number, peer: string | undefined): void =>
    this.ofRequests.strays.note({ kind, port }, { peer, header: () => undefined });

  /** `open` tells what is listened on when it is asked. */
  route(
    { inForce, dataDir, telemetry }: Omit<EngineOptions, 'onCrash'>,
    { storage, runner, state }: Engine,
    open: () => Open & { readonly extra: ExtraListeners['open'] },
  ): HandledRoute {
    return doctorRoute(async (options) => {
      const { examine } = await import('./local-doctor.ts');
      const noted = { ...this.ofRequests, arrivals: this.arrivals, began: this.began };
      const listeners = () => listenersOf(open());
      const parts = { ...noted, inForce, dataDir, telemetry, storage, runner, engine: state, listeners };
      return examine(parts, options);
    });
  }
}

function listenersOf({ http, jaeger, grpc, extra }: Open & { readonly extra: ExtraListeners['open'] }) {
  const named = (scheme: string) => (address: OpenAddress) => ({
    scheme: address.tls ? `${scheme}s` : scheme,
    address,
  });
  return [
    ...http.map(named('http')),
    ...(jaeger ? [jaeger].map(named('http')) : []),
    ...(grpc ? [grpc].map(named('grpc')) : []),
    ...extra,
  ];
}

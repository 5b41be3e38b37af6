/** The colour of a service, the same wherever it is named on one view: a view says which services it shows together. */

import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { colourOfText } from '../graph/palette.ts';

/** What `distinctColours` gives for all services on view. */
export const ServiceColours = createContext<ReadonlyMap<string, string>>(new Map());

export function useServiceColour(): (service: string) => string {
  const colours = useContext(ServiceColours);
  return (service) => colours.get(service) ?? colourOfText(service);
}

export function Swatch({ service }: { readonly service: string }) {
  return <i class="swatch" style={{ background: useServiceColour()(service) }} />;
}

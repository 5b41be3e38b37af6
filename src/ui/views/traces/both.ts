/** The two views of traces: whoever searches opens one next, and they share most of their parts. */

import { SearchView } from './search.tsx';
import { TraceView } from './trace.tsx';

export const TRACES = { search: SearchView, trace: TraceView } as const;

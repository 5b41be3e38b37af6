/** The services of Prometheus' API by name: what runs in a reader thread. `routes.ts` says at which paths. */

import type { Service } from '../../query/service.ts';
import { federateService } from './federate/service.ts';
import { labelNamesService, labelValuesService, metadataService, seriesService } from './label-services.ts';
import {
  exemplarsService,
  formatQueryService,
  parseQueryService,
  queryRangeService,
  queryService,
} from './query-services.ts';
import { remoteReadService } from './remote-read/service.ts';
import {
  searchLabelNamesService,
  searchLabelValuesService,
  searchMetricNamesService,
} from './search-service.ts';
import { tsdbService } from './tsdb-status.ts';

export const PROMETHEUS_SERVICES: Readonly<Record<string, Service>> = {
  'prometheus.query': queryService,
  'prometheus.query_range': queryRangeService,
  'prometheus.query_exemplars': exemplarsService,
  'prometheus.format_query': formatQueryService,
  'prometheus.parse_query': parseQueryService,
  'prometheus.series': seriesService,
  'prometheus.labels': labelNamesService,
  'prometheus.label_values': labelValuesService,
  'prometheus.metadata': metadataService,
  'prometheus.federate': federateService,
  'prometheus.search_metric_names': searchMetricNamesService,
  'prometheus.search_label_names': searchLabelNamesService,
  'prometheus.search_label_values': searchLabelValuesService,
  'prometheus.read': remoteReadService,
  'prometheus.status_tsdb': tsdbService,
};

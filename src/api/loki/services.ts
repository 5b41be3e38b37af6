/** Loki's services by name, as routes and reader threads know them. */

import type { Service } from '../../query/service.ts';
import { lokiService } from './answer.ts';
import { parseDeletionService } from './delete-service.ts';
import {
  detectedFieldsService,
  detectedFieldValuesService,
  detectedLabelsService,
} from './detected-service.ts';
import { drilldownLimitsService } from './limits-service.ts';
import {
  indexStatsService,
  labelsService,
  labelValuesService,
  legacyLabelsService,
  legacyLabelValuesService,
  seriesService,
} from './metadata-service.ts';
import { patternsService } from './patterns-service.ts';
import { formatQueryService, legacyQueryService, queryRangeService, queryService } from './query-service.ts';
import { tailBacklogService, tailRefusalService, tailService } from './tail-service.ts';
import { volumeRangeService, volumeService } from './volume-service.ts';

export const LOKI_SERVICES: Readonly<Record<string, Service>> = {
  'loki.query': lokiService(queryService),
  'loki.query_range': lokiService(queryRangeService),
  'loki.format_query': lokiService(formatQueryService),
  'loki.labels': lokiService(labelsService),
  'loki.label_values': lokiService(labelValuesService),
  'loki.series': lokiService(seriesService),
  'loki.index_stats': lokiService(indexStatsService),
  'loki.volume': lokiService(volumeService),
  'loki.volume_range': lokiService(volumeRangeService),
  'loki.detected_labels': lokiService(detectedLabelsService),
  'loki.detected_fields': lokiService(detectedFieldsService),
  'loki.detected_field_values': lokiService(detectedFieldValuesService),
  'loki.parse_deletion': lokiService(parseDeletionService),
  'loki.patterns': lokiService(patternsService),
  'loki.drilldown_limits': lokiService(drilldownLimitsService),
  'loki.tail': lokiService(tailService),
  'loki.tail_backlog': lokiService(tailBacklogService),
  'loki.tail_refusal': lokiService(tailRefusalService),
  'loki.legacy_query': lokiService(legacyQueryService),
  'loki.legacy_labels': lokiService(legacyLabelsService),
  'loki.legacy_label_values': lokiService(legacyLabelValuesService),
};

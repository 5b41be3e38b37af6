/** Tempo's services by name: what reader threads run. Errors become answers here. */

import type { Service } from '../../query/service.ts';
import { errorAnswer } from '../error-answer.ts';
import { metricsQuery, metricsQueryRange } from './metrics-service.ts';
import { search } from './search-service.ts';
import { searchTags, searchTagsV2, searchTagValues, searchTagValuesV2 } from './tag-services.ts';
import { traceById, traceByIdV2 } from './trace-service.ts';

function answering(service: Service): Service {
  return async (request, context) => {
    try {
      return await service(request, context);
    } catch (error) {
      return errorAnswer('tempo', error);
    }
  };
}

export const TEMPO_SERVICES: Record<string, Service> = {
  'tempo.search': answering(search),
  'tempo.searchTags': answering(searchTags),
  'tempo.searchTagsV2': answering(searchTagsV2),
  'tempo.searchTagValues': answering(searchTagValues),
  'tempo.searchTagValuesV2': answering(searchTagValuesV2),
  'tempo.trace': answering(traceById),
  'tempo.traceV2': answering(traceByIdV2),
  'tempo.metricsRange': answering(metricsQueryRange),
  'tempo.metricsInstant': answering(metricsQuery),
};

/** Services of questions across signals by name: what reader threads run. Each speaks as the API whose answers it gives. */

import type { Service } from '../../query/service.ts';
import { errorAnswer } from '../error-answer.ts';
import { lokiService } from '../loki/answer.ts';
import { logsAcross } from './logs-service.ts';
import { metricsAcross } from './metrics-service.ts';
import { tracesAcross } from './traces-service.ts';

function tempoService(service: Service): Service {
  return async (request, context) => {
    try {
      return await service(request, context);
    } catch (error) {
      return errorAnswer('tempo', error);
    }
  };
}

export const ACROSS_SERVICES: Readonly<Record<string, Service>> = {
  'across.logs': lokiService(logsAcross),
  'across.traces': tempoService(tracesAcross),
  'across.series': metricsAcross,
};

/** Jaeger's services by name: what reader threads run. Errors become answers here, in the words of either version. */

import { utf8Encode } from '../../base/bytes.ts';
import type { Service, ServiceAnswer } from '../../query/service.ts';
import { describeError, errorAnswer, notFoundAnswer } from '../error-answer.ts';
import { operationNames, operations, operationsV3, services, servicesV3 } from './catalog-services.ts';
import { dependencies } from './dependencies-service.ts';
import { latencies, rates } from './metrics-service.ts';
import { search, searchV3, summariesV3, traceById, traceByIdV3 } from './trace-services.ts';
import { archive, transform } from './write-services.ts';

function answering(service: Service, onError: (error: unknown) => ServiceAnswer): Service {
  return async (request, context) => {
    // A path that ends where the id should be is no path of the API.
    if (request.path.id === '') return notFoundAnswer();
    try {
      return await service(request, context);
    } catch (error) {
      return onError(error);
    }
  };
}

function v1(service: Service): Service {
  return answering(service, (error) => errorAnswer('jaeger', error));
}

function v3(service: Service): Service {
  return answering(service, (error) => {
    const { status, message } = describeError(error);
    const body = utf8Encode(JSON.stringify({ error: { httpCode: status, message } }));
    return { status, contentType: 'application/json', body };
  });
}

export const JAEGER_SERVICES: Record<string, Service> = {
  'jaeger.services': v1(services),
  'jaeger.operationNames': v1(operationNames),
  'jaeger.operations': v1(operations),
  'jaeger.search': v1(search),
  'jaeger.trace': v1(traceById),
  'jaeger.dependencies': v1(dependencies),
  'jaeger.archive': v1(archive),
  'jaeger.transform': v1(transform),
  'jaeger.latencies': v1(latencies),
  'jaeger.rates': v1(rates),
  'jaeger.servicesV3': v3(servicesV3),
  'jaeger.operationsV3': v3(operationsV3),
  'jaeger.searchV3': v3(searchV3),
  'jaeger.summariesV3': v3(summariesV3),
  'jaeger.traceV3': v3(traceByIdV3),
};

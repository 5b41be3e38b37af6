/** How a call ends that failed. */

import { Metadata } from '@grpc/grpc-js';
import { TriliteError } from '../../model/errors.ts';
import { RETRY_AFTER_SECONDS } from '../memory.ts';
import { CODE, encodeStatus, grpcCodeOf } from './status.ts';
import { retrySeconds } from './wire.ts';

export interface GrpcFault {
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

/** What nobody foresaw says no more than that. */
export function grpcFaultOf(error: unknown): GrpcFault {
  return grpcFault(error instanceof TriliteError ? error : new TriliteError('internal', 'internal error'));
}

export function grpcFault(error: TriliteError): GrpcFault {
  const code = grpcCodeOf(error.kind);
  const metadata = new Metadata();
  const seconds = retrySeconds(error, RETRY_AFTER_SECONDS);
  if (code === CODE.resourceExhausted && seconds !== undefined) {
    // Without it the code means that sending again is of no use.
    const details = encodeStatus(code, error.message, seconds);
    metadata.set('grpc-status-details-bin', Buffer.from(details));
  }
  return { code, details: error.message.toWellFormed(), metadata };
}

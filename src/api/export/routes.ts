/** `/api/v1/trilite/export/…`: all that is stored of a signal, bit by bit, to be read in pages that follow one another. */

import { EXPORT_SIGNALS } from '../../model/export-wire.ts';
import type { Route } from '../route.ts';

export const EXPORT_ROUTES: readonly Route[] = EXPORT_SIGNALS.map((signal) => ({
  access: 'read',
  methods: ['GET'],
  path: `/api/v1/trilite/export/${signal}`,
  // What is exported is to be stored again as what it is, without a label for whose it was.
  tenants: 'one',
  service: `export.${signal}`,
}));

/** How spans get here, for whoever sees an empty page: every HTTP port takes OpenTelemetry's protocol. */

import { href } from '../../location.ts';
import { CopyButton } from '../../parts/copy-button.tsx';

export function HowToSend() {
  const endpoint = `${window.location.origin}${href('')}`;
  const variables = `OTEL_EXPORTER_OTLP_ENDPOINT=${endpoint}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf\nOTEL_SERVICE_NAME=my-service`;
  return (
    <>
      <p>Start a program that has an OpenTelemetry SDK with these variables:</p>
      <pre class="how-to-send">{variables}</pre>
      <p class="row state-actions">
        <CopyButton text={() => variables}>Copy</CopyButton>
      </p>
      <p>Jaeger's and Zipkin's clients and the OpenTelemetry collector are welcome too.</p>
    </>
  );
}

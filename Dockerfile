# The first stage builds the single executable, the last holds it, what it is linked with, and nothing else: no shell, no package
# manager, no Node beside it. Between them stands another image of the same program, `docker build --target otel-lgtm`, which takes the
# place of grafana/otel-lgtm (docs/otel-lgtm.md).
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
# The addon lies beside the executable, so that nothing has to be written to run it: /tmp may be read-only or forbid execution.
RUN npm run executable -- --addon-beside /root-of-image/trilite \
  && cd /root-of-image \
  && cp --parents --dereference $(ldd trilite | grep --only-matching '/[^ ]*') . \
  && mkdir --mode=1777 tmp && mkdir --mode=0750 data && chown 65532:65532 data \
  && mkdir etc && echo 'hosts: files dns' >etc/nsswitch.conf \
  && echo 'trilite:x:65532:65532:trilite:/data:/nowhere' >etc/passwd && echo 'trilite:x:65532:' >etc/group

FROM node:24-bookworm-slim AS shell
RUN apt-get update && apt-get install --yes --no-install-recommends busybox-static && mkdir /root-of-shell \
  && cp /bin/busybox /root-of-shell/ && cd /root-of-shell && for name in sh cat test ls sleep wget; do ln -s busybox $name; done

FROM scratch AS trilite
LABEL org.opencontainers.image.title="Trilite" \
  org.opencontainers.image.description="Metrics, logs and traces in one process and one SQLite file, behind the APIs of Prometheus, Loki and Tempo" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /root-of-image /
# What bin/trilite sets, and why, for a program that nothing starts.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=2097152 MALLOC_TRIM_THRESHOLD_=16777216
USER 65532:65532
WORKDIR /data
VOLUME /data
STOPSIGNAL SIGTERM
ENTRYPOINT ["/trilite"]

FROM trilite AS otel-lgtm
# Checks of health that were written for that image look at its ready file with these.
COPY --from=shell /root-of-shell /bin
ARG GRAFANA_VERSION=13.2.1
ENV GRAFANA_VERSION=${GRAFANA_VERSION}
EXPOSE 3000 3100 3200 4317 4318 9090
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/trilite", "check", "ready", "--url=http://127.0.0.1:9090"]
CMD ["lgtm", "--data", "/data"]

FROM trilite
EXPOSE 9090 3100 3200 4317 4318
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["/trilite", "check", "ready", "--url=http://127.0.0.1:9090"]
# Inside a container every address is the container's own: what is published decides who reaches it.
CMD ["serve", "--data", "/data", "--http", "0.0.0.0:9090", "--http", "0.0.0.0:3100", "--http", "0.0.0.0:3200", "--http", "0.0.0.0:4318", "--otlp-grpc", "0.0.0.0:4317"]

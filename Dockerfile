# Two stages: the first builds the bundles, the second holds them, the database addon and nothing else.
FROM node:24-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
COPY tools ./tools
RUN npm ci
COPY tsconfig.json ./
COPY src ./src
RUN npm run build && npm ci --omit=dev --omit=optional

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json ./
COPY bin ./bin
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 9090 3100 3200 4317 4318
HEALTHCHECK --interval=10s --timeout=3s CMD ["node", "-e", "fetch('http://127.0.0.1:9090/-/ready').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Inside a container every address is the container's own: what is published decides who reaches it.
ENTRYPOINT ["/app/bin/trilite"]
CMD ["serve", "--data", "/data", "--http", "0.0.0.0:9090", "--http", "0.0.0.0:3100", "--http", "0.0.0.0:3200", "--http", "0.0.0.0:4318", "--otlp-grpc", "0.0.0.0:4317"]

# Countersign as a container: gateway, workers and set-up are one image with other commands.
# Multi-stage, so that the image that runs has no compiler, no test and no development package; it runs as nobody special.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# No package's install script runs; package.json says so for each that has one.
RUN npm ci --ignore-scripts
COPY . .
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/node-linux-* node_modules/node-darwin-*

FROM node:24.21.0-bookworm-slim
# tini: process 1 passes signals on and reaps what the sandbox's children leave. util-linux, bash: the sandbox is made of them.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini ca-certificates util-linux bash \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /src/package.json /src/LICENSE ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/bin ./bin
COPY --from=build /src/docs ./docs
COPY --from=build /src/agents ./agents
COPY --from=build /src/dist ./dist
# A named volume that is empty takes owner and mode of the folder it is mounted on.
RUN ln -s /app/bin/countersign.js /usr/local/bin/countersign \
 && install -d -o node -g node -m 0700 /var/lib/countersign \
      /keys/registry /keys/gateway /keys/agent /keys/tools
ENV NODE_ENV=production \
    COUNTERSIGN_STATE=/var/lib/countersign \
    COUNTERSIGN_HEALTH_PORT=7430
USER node
EXPOSE 7420
HEALTHCHECK --interval=10s --timeout=8s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:7430/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["/usr/bin/tini", "--", "node", "--no-warnings", "/app/dist/cli/main.js"]
CMD ["--help"]

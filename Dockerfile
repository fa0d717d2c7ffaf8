# One image for the three services and the `kith` commands; the command says which:
#   node services/ingress/src/main.ts | services/query/… | services/reconciler/… | kith migrate | kith topics apply
# Node runs the TypeScript as it is: there is no build step. Workspace packages are linked, not copied under
# node_modules, because Node strips no types there.

# 1. The manifests alone, so that a change of source leaves the layers that install untouched.
FROM node:24-bookworm-slim AS manifests
WORKDIR /app
COPY . .
RUN find . -type f ! -name package.json ! -name pnpm-lock.yaml ! -name pnpm-workspace.yaml -delete

# 2. Production dependencies of what runs in the image. Few connections at a time: behind a bridge network whose MTU is
# above its uplink's, pnpm's usual number stalled for a minute.
FROM node:24-bookworm-slim AS dependencies
RUN npm install --global --no-audit --no-fund pnpm@12.21.0
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,id=kith-pnpm-store,target=/pnpm-store \
  pnpm install --frozen-lockfile --prod --store-dir /pnpm-store --package-import-method copy --network-concurrency 16 \
  --filter-prod "{./services/*}..." --filter-prod "@kith/cli..." --filter-prod "@kith/migrations"

# 3. The image: dependencies below, source above; all of it belongs to root and is only read.
FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
RUN ln -s /app/packages/cli/src/main.ts /usr/local/bin/kith
COPY --from=dependencies /app ./
COPY migrations ./migrations
COPY packages ./packages
COPY services ./services
USER node
# Inside a container loopback would reach nobody. The services' ports: ingress 3000, query 3001, reconciler 3002.
ENV HOST=0.0.0.0
# What packages/service-kit/src/service-node-flags.ts says and why: each service stays below 256 MB.
ENV NODE_OPTIONS="--max-semi-space-size=8 --max-old-space-size=900"
CMD ["kith", "help"]

# Tidings in a container: `docker build -t tidings .`, then see compose.yaml. Not root, nothing but Node and what runs.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json /app/LICENSE /app/schema.graphql ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# Of the embedded database, where there is no DATABASE_URL.
RUN ln -s /app/dist/cli/main.js /usr/local/bin/tidings \
  && mkdir data \
  && chown node:node data
VOLUME /app/data
USER node
EXPOSE 4000
# Longer than a start may take that migrates the database first.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT ?? 4000}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tidings"]
CMD ["start"]

# The base images are arguments, so that a build can take its own.
ARG NODE_IMAGE=node:22-bookworm-slim
ARG BUILD_IMAGE=golang:1.26-bookworm
ARG RUN_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS web
WORKDIR /src/ui/static
COPY ui/static/package.json ui/static/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY ui/static ./
RUN npm run build

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/ui/static/dist ui/static/dist
ARG VERSION=unknown
# Where the source of this build is offered: docs/adr/0002-license.md.
ARG SOURCE_URL=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION} -X main.sourceURL=${SOURCE_URL}" -o /out/nvrd ./cmd/nvrd && mkdir /out/data

FROM ${RUN_IMAGE}
# For what is shared with neighbors: docs/design/clips.md. Recording needs none of it.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/nvrd /usr/local/bin/nvrd
# A number, so that it means the same outside of the container: 10001 owns the footage.
COPY --from=build --chown=10001:10001 /out/data /data
USER 10001:10001
VOLUME /data
EXPOSE 8080 7667/tcp 7667/udp 7668/tcp 7668/udp
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["nvrd", "health", "--listen", "127.0.0.1:8080"]
ENTRYPOINT ["nvrd"]
CMD ["run", "--data", "/data", "--listen", "0.0.0.0:8080", "--access-key-file", "/run/secrets/access_key"]

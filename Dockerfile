# docker build -t basalt --build-arg VERSION=$(git describe --tags --always) .
# docker run -p 4122:4122 -v "$PWD/myapp/basalt.yaml:/app/basalt.yaml:ro" -v "$PWD/myapp/public:/app/public:ro" -v basalt-data:/app/data basalt
#
# To keep the data in a directory of the host instead: --user "$(id -u)" -v "$PWD/myapp:/app".
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /basalt ./cmd/basalt
RUN mkdir /empty

FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /basalt /basalt
# The configuration is mounted at /app. A named volume at /app/data belongs to the user of the image. There
# is no VOLUME: it would hide the data of a directory that is mounted at /app behind an anonymous volume.
COPY --from=build --chown=nonroot:nonroot /empty /app/data
WORKDIR /app
EXPOSE 4122
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["/basalt", "healthcheck"]
ENTRYPOINT ["/basalt"]
CMD ["serve", "--config", "/app/basalt.yaml"]

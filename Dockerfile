# docker build -t basalt . && docker run -p 4122:4122 -v "$PWD/examples/todo:/app" basalt
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
# The configuration is mounted at /app. A volume made for /app/data belongs to the user of the image.
COPY --from=build --chown=nonroot:nonroot /empty /app/data
WORKDIR /app
VOLUME /app/data
EXPOSE 4122
HEALTHCHECK --interval=10s --timeout=4s --start-period=5s CMD ["/basalt", "healthcheck"]
ENTRYPOINT ["/basalt"]
CMD ["serve", "--config", "/app/basalt.yaml"]

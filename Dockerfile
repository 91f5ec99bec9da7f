# One program on what it is linked with, as a user without rights.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
RUN cargo build --locked --release

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/sparkgate /usr/local/bin/sparkgate
# By its number: the kubelet cannot tell from a name that it is not root.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/sparkgate"]

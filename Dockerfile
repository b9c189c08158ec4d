# The one image: a Deployment differs by its subcommand, such as `work postgres`.
FROM debian:12 AS build
WORKDIR /src
COPY ops/lib.sh ops/install ops/packages ops/
COPY ops/lib ops/lib
RUN ops/install build
COPY . .
RUN cmake --preset release -DBUILD_TESTING=OFF && cmake --build build/release --target mneme

FROM debian:12-slim
RUN --mount=type=bind,source=ops,target=/ops /ops/install image && rm -rf /var/lib/apt/lists/* /root/.cache
COPY --from=build /src/build/release/mneme /usr/local/bin/mneme
RUN useradd --system --no-create-home mneme
USER mneme
ENTRYPOINT ["mneme"]
CMD ["--help"]

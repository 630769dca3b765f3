# A remote engine for `jmxgen run --remote`: docker build -f ci/engine.Dockerfile -t jmxgen-engine .
# It needs the image of ci/Dockerfile, the host's network (RMI names the address that the other side dials) and the
# folder with the key that both sides share:
# docker run --rm --network host -v "$PWD/key:/key" jmxgen-engine --host 10.0.0.7 --callers 1000
ARG BASE=jmxgen:latest
# hadolint ignore=DL3006
FROM ${BASE}

EXPOSE 1099 1100
ENTRYPOINT ["jmxgen", "engine", "--key", "/key"]
CMD ["--port", "1099"]

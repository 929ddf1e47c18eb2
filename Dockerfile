# abm in a box, as nobody in particular:
#   docker build -t abm .
#   docker run --rm -v "$PWD:/rounds" abm run my-round.toml
# Another base image: --build-arg BASE=...; settings of pip of your own: --secret id=pip,src=pip.conf
ARG BASE=python:3.11-slim

FROM ${BASE} AS wheel
WORKDIR /source
COPY scripts/runtime_lock.py scripts/
COPY pyproject.toml requirements.lock README.md LICENSE ./
RUN python scripts/runtime_lock.py > runtime.lock && python scripts/runtime_lock.py setuptools wheel > build.lock
RUN --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    pip install --no-cache-dir --require-hashes -r build.lock
COPY abm abm
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM ${BASE}
COPY --from=wheel /source/runtime.lock /wheels/ /tmp/abm/
RUN --mount=type=secret,id=pip,target=/etc/pip.conf,required=false \
    pip install --no-cache-dir --require-hashes -r /tmp/abm/runtime.lock \
    && pip install --no-cache-dir --no-deps /tmp/abm/*.whl \
    && useradd --create-home --uid 1000 abm
USER abm
# The rules are compiled once, here, so that the first command of a container is as quick as the second.
RUN abm run three-investors --runs 100 > /dev/null
WORKDIR /rounds
ENTRYPOINT ["abm"]
CMD ["--help"]

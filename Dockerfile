# Foreshock's command line; docker-compose.yml runs the recorder from it.
FROM python:3.12-slim
WORKDIR /foreshock
COPY requirements.txt ./
RUN pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.txt
COPY pyproject.toml README.md LICENSE ./
COPY foreshock foreshock
COPY recorder recorder
COPY faults faults
COPY replayer replayer
COPY scenarios scenarios
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . \
 && useradd --create-home foreshock && mkdir /recordings && chown foreshock /recordings
USER foreshock
# The source folder would be found before what was installed.
WORKDIR /recordings
VOLUME /recordings
ENTRYPOINT ["foreshock"]

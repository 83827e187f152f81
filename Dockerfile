# One image for every process: Airflow's services, the receiver and the commands of sighten-warehouse. Its arguments mean
# what they mean to apache/airflow: see deploy/entrypoint.sh.
#
# It runs as user 50000 and, as OpenShift wants, as any other user of group 0. The root file system may be read-only; what
# must be writable is AIRFLOW_HOME, SIGHTEN_HOME and /tmp.
FROM python:3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1

FROM base AS build
RUN python -m venv /opt/venv
COPY requirements/airflow.txt /src/requirements/
RUN pip install --no-cache-dir --require-hashes -r /src/requirements/airflow.txt
COPY pyproject.toml hatch_build.py README.md LICENSE /src/
COPY include /src/include
COPY plugins /src/plugins
COPY dags /src/dags
COPY sql /src/sql
RUN pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM base
ENV AIRFLOW_HOME=/opt/airflow \
    SIGHTEN_HOME=/srv/warehouse \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/sighten/plugins \
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST='[ \
    {"name": "sighten", "classpath": "sighten_airflow.dag_bundle.SightenDagBundle", "kwargs": {}}, \
    {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}}]'
# Volumes mounted over these folders take their owner and mode.
RUN useradd --uid 50000 --gid 0 --create-home airflow \
    && install -d -m 2775 -o airflow -g root /opt/airflow /opt/airflow/dags /opt/airflow/logs /srv/warehouse
COPY --from=build /opt/venv /opt/venv
COPY plugins /opt/sighten/plugins
COPY --chmod=755 deploy/entrypoint.sh /entrypoint
USER 50000:0
WORKDIR /opt/airflow
# 8080: Airflow's API server and UI; 8088: the receiver. It refuses to listen to other machines without
# SIGHTEN_WEBHOOK_AUTH and a secret.
EXPOSE 8080 8088
ENTRYPOINT ["/entrypoint"]

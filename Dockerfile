# Two images, neither runs as root:
#   docker build --target warehouse .   the receiver and all commands of sighten-warehouse
#   docker build --target airflow .     the same, with Airflow and the DAGs
FROM python:3.11-slim-bookworm AS base
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SIGHTEN_HOME=/srv/warehouse
# Volumes mounted over these folders take their owner.
RUN useradd --uid 10001 --create-home sighten \
    && install -d -o sighten -g sighten /srv/warehouse /srv/airflow

FROM base AS build-warehouse
RUN python -m venv /opt/venv
COPY requirements/product.txt /src/requirements/
RUN pip install --no-cache-dir --require-hashes -r /src/requirements/product.txt
COPY pyproject.toml README.md LICENSE /src/
COPY include /src/include
COPY plugins /src/plugins
COPY dags /src/dags
COPY sql /src/sql
RUN pip install --no-cache-dir --no-deps --no-build-isolation /src

FROM build-warehouse AS build-airflow
COPY requirements/airflow.txt /src/requirements/
RUN pip install --no-cache-dir --require-hashes -r /src/requirements/airflow.txt

FROM base AS warehouse
COPY --from=build-warehouse /opt/venv /opt/venv
USER sighten
WORKDIR /srv/warehouse
EXPOSE 8088
ENTRYPOINT ["sighten-warehouse"]
# It listens on all interfaces, so it starts only with SIGHTEN_WEBHOOK_AUTH and SIGHTEN_WEBHOOK_SECRET.
CMD ["receive", "--host", "0.0.0.0"]

FROM base AS airflow
ENV AIRFLOW_HOME=/srv/airflow \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/sighten/plugins \
    AIRFLOW__DAG_PROCESSOR__DAG_BUNDLE_CONFIG_LIST='[ \
    {"name": "sighten", "classpath": "sighten_airflow.dag_bundle.SightenDagBundle", "kwargs": {}}, \
    {"name": "dags-folder", "classpath": "airflow.dag_processing.bundles.local.LocalDagBundle", "kwargs": {}}]'
COPY --from=build-airflow /opt/venv /opt/venv
COPY plugins /opt/sighten/plugins
USER sighten
WORKDIR /srv/airflow
ENTRYPOINT ["airflow"]

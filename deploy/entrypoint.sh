#!/bin/sh
# The image's entry point. It treats its arguments as the image apache/airflow does: a program of the image runs as it
# is, and anything else is a command of Airflow. So `scheduler`, `airflow scheduler`, `bash -c "exec airflow scheduler"`
# (as the official Helm chart writes it) and `sighten-warehouse receive` all work. The chart's probes call it /entrypoint.
set -eu

# Airflow asks for the name of its user; a user id that Kubernetes or OpenShift chose has none.
: "${LOGNAME:=airflow}"
export LOGNAME

case "${1-}" in
    airflow | bash | python | sh | sighten-warehouse | /*) ;;
    *) set -- airflow "$@" ;;
esac

# What it writes is its user's alone; set UMASK to 0027 where a group reads the published file.
umask "${UMASK:-0077}"

# The program takes this process's place, so that it gets the signals.
exec "$@"

#!/bin/sh
# Makes a virtual environment with OpenTelemetry's Python SDK for the client tests: sh setup.sh DIR
# (default: .venv beside this script, where the tests look when TRILITE_TEST_PYTHON_VENV is not set).
set -e
here=$(cd "$(dirname "$0")" && pwd)
venv=${1:-$here/.venv}
if ! cmp -s "$here/requirements.txt" "$venv/ready"; then
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/ready"
fi

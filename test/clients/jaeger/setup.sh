#!/bin/sh
# Brings Jaeger's clients for the tests, of Python, Node and Go, as far as these are installed: sh setup.sh DIR
# (default: .clients beside this script, where the tests look when TRILITE_TEST_JAEGER_CLIENTS is not set).
set -e
here=$(cd "$(dirname "$0")" && pwd)
dir=${1:-$here/.clients}
mkdir -p "$dir"
if command -v python3 >/dev/null && [ ! -e "$dir/venv/ready" ]; then
  python3 -m venv "$dir/venv"
  "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  touch "$dir/venv/ready"
fi
if command -v npm >/dev/null && [ ! -e "$dir/node/ready" ]; then
  mkdir -p "$dir/node"
  npm install --prefix "$dir/node" --no-audit --no-fund --silent jaeger-client@3.19.0
  touch "$dir/node/ready"
fi
if command -v go >/dev/null && [ ! -e "$dir/app" ]; then
  (cd "$here/go" && go build -o "$dir/app" .)
fi

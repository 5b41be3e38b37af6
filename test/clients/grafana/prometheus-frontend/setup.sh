#!/bin/sh
# Brings the code of Grafana's Prometheus data source that runs in the browser, to where the tests look for what they
# run against (TRILITE_TEST_CACHE, or node_modules/.cache/clients): some 10 seconds and 100 MB. It is used from outside,
# and no part of Trilite: its licence is the AGPL.
set -e
here=$(cd "$(dirname "$0")" && pwd)
dir=${TRILITE_TEST_CACHE:-$here/../../../../node_modules/.cache/clients}/grafana-frontend
if ! cmp -s "$here/package-lock.json" "$dir/ready"; then
  rm -rf "$dir"
  mkdir -p "$dir"
  cp -r "$here/package.json" "$here/package-lock.json" "$here/drawn" "$dir"
  npm ci --prefix "$dir" --legacy-peer-deps --ignore-scripts --no-audit --no-fund --silent
  cp "$here/package-lock.json" "$dir/ready"
fi

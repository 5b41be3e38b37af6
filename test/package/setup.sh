#!/bin/sh
# Brings the other Nodes that the package is to run on, as npm's platform packages, to where the tests look for what they
# run against (TRILITE_TEST_CACHE, or node_modules/.cache/clients): some 20 seconds and 400 MB, once.
set -e
here=$(cd "$(dirname "$0")" && pwd)
dir=${TRILITE_TEST_CACHE:-$here/../../node_modules/.cache/clients}/nodes
case $(uname -m) in
  aarch64 | arm64) arch=arm64 ;;
  *) arch=x64 ;;
esac
if ! cmp -s "$here/setup.sh" "$dir/ready"; then
  mkdir -p "$dir"
  npm install --prefix "$dir" --no-audit --no-fund --silent \
    "node22@npm:node-linux-$arch@22.23.5" "node26@npm:node-linux-$arch@26.12.1"
  cp "$here/setup.sh" "$dir/ready"
fi

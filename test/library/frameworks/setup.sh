#!/bin/sh
# Brings Jest, Vitest and the types they come with for the matchers' tests: sh setup.sh [DIR]
# (default: node_modules/.cache/frameworks, where the test looks when TRILITE_TEST_FRAMEWORKS is not set).
# It takes half a minute and 120 MB, so that nothing else does it.
set -e
root=$(cd "$(dirname "$0")/../../.." && pwd)
dir=${1:-$root/node_modules/.cache/frameworks}
versions='vitest@5.1.2 jest@30.5.2 @jest/globals@30.5.2 @types/jest@30.0.0 @types/node@24.19.2 typescript@5.9.3'
if [ "$(cat "$dir/ready" 2>/dev/null)" != "$versions" ]; then
  mkdir -p "$dir"
  echo '{"private": true}' >"$dir/package.json"
  (cd "$dir" && npm install --silent --no-audit --no-fund $versions)
  echo "$versions" >"$dir/ready"
fi

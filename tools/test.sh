#!/bin/sh
# npm test: builds where needed, then runs every test file (or those given) on the pinned Node.
set -e
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
node="$root/node_modules/.bin/node"
[ -x "$node" ] || node=node
"$root/bin/trilite" version >/dev/null
# A file that never ends fails after five minutes instead of holding everybody up.
set -- "${@:-test/**/*.test.ts}"
# Every file is a process: the modules that they share are stripped of their types and compiled once.
NODE_COMPILE_CACHE="$root/node_modules/.cache/test-code"
export NODE_COMPILE_CACHE
# Many files wait for a second process most of the time: two at a time even where there are two processors.
exec "$node" --import "$root/test/support/property-seed.ts" --test --test-timeout=300000 \
  --test-concurrency="${TRILITE_TEST_CONCURRENCY:-2}" "$@"

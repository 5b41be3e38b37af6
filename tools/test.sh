#!/bin/sh
# npm test: builds where needed, then runs every test file (or those given) on the pinned Node.
set -e
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
node="$root/node_modules/.bin/node"
[ -x "$node" ] || node=node
"$root/bin/trilite" version >/dev/null
# A file that never ends fails after five minutes instead of holding everybody up.
if [ $# -gt 0 ]; then
  exec "$node" --test --test-timeout=300000 "$@"
fi
exec "$node" --test --test-timeout=300000 'test/**/*.test.ts'

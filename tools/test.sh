#!/bin/sh
# npm test: builds where needed, then runs every test file (or those given) on the pinned Node.
set -e
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
node="$root/node_modules/.bin/node"
[ -x "$node" ] || node=node
"$root/bin/trilite" version >/dev/null
if [ $# -gt 0 ]; then
  exec "$node" --test "$@"
fi
exec "$node" --test 'test/**/*.test.ts'

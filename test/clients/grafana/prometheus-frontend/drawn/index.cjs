// Stands for packages that draw, which need a browser and are large: whatever is asked of it is itself again.
const drawn = new Proxy(function drawn() {}, {
  get(_target, key) {
    if (key === Symbol.toPrimitive) return () => '';
    // What has no `then` is no promise, and what has no iterator ends no loop.
    return key === 'then' || typeof key === 'symbol' ? undefined : drawn;
  },
  apply: () => drawn,
  construct: () => drawn,
});

// A bundle copies what a module has, and keeps its prototype: there names are found that nobody can list.
module.exports = Object.create(drawn);

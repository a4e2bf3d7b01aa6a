// store: the state of the page, and who is told when it has changed, once for each frame.

/**
 * @param {Object} state what there is at first
 * @returns {{get: function(): Object, set: function(Object): void, watch: function(Function): void}}
 */
export function createStore(state) {
  const watchers = [];
  let asked = false;

  function tell() {
    asked = false;
    for (const watcher of watchers) {
      watcher(state);
    }
  }

  return {
    get: () => state,
    set(changes) {
      state = { ...state, ...changes };
      if (!asked) {
        asked = true;
        requestAnimationFrame(tell);
      }
    },
    watch(watcher) {
      watchers.push(watcher);
      watcher(state);
    },
  };
}

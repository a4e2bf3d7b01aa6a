// store: the state of the page, and who is told when it has changed, once for each frame.

/** A page before anything is done on it. */
export const BLANK = {
  view: "flow",
  modelId: "0",
  strokes: [],
  past: [],
  undone: [],
  tool: "pen",
  pen: 0.07,
  cells: null,
  cursor: 14 * 28 + 14,
  sample: null,
  upload: null,
  prepare: true,
  seed: 0,
  neuron: null,
  step: null,
  target: null,
  weight: null,
  eta: 1e-4,
  scratch: null,
  quiz: false,
  revealed: false,
  hide: [],
  large: false,
  models: [],
  trained: null,
  model: null,
  drawing: null,
  reading: null,
};

/** What is said instead of an answer while it is hidden. */
export const HIDDEN = "What do you think? Press R to see.";

/** Whether the answer is hidden, until R is pressed. */
export function hidesAnswer({ quiz, revealed }) {
  return quiz && !revealed;
}

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

// teacher: what can be hidden, larger text, and an answer that waits to be revealed.

import { h } from "./dom.js";

const CONTROLS = {
  tools: "Tools",
  preparation: "Preparation switch",
  steps: "Steps",
  model: "Choice of model",
};

/**
 * @param {import("./store.js").Store} store
 * @param {Object<string, {title: string}>} views of the page; the first is always shown
 */
export function createTeacher(store, views) {
  const toggle = (key, title) => {
    const input = h("input", {
      type: "checkbox",
      id: `teacher-${key}`,
      on: { change: () => store.set({ [key]: input.checked, revealed: false }) },
    });
    return [input, h("label", { for: `teacher-${key}` }, title)];
  };
  const [quiz, quizLabel] = toggle("quiz", "Hide the answer until R is pressed");
  const [large, largeLabel] = toggle("large", "Large text");
  const titles = Object.entries(views).map(([key, { title }]) => [key, title]);
  const boxes = [...Object.entries(CONTROLS), ...titles.slice(1)].map(([key, title]) => {
    const input = h("input", {
      type: "checkbox",
      id: `show-${key}`,
      on: {
        change: () => {
          const { hide } = store.get();
          store.set({ hide: input.checked ? hide.filter((name) => name !== key) : [...hide, key] });
        },
      },
    });
    return {
      key,
      input,
      element: h("div", { class: "row" }, input, h("label", { for: `show-${key}` }, title)),
    };
  });
  const theme = h(
    "select",
    { id: "theme", on: { change: () => setTheme(theme.value) } },
    h("option", { value: "" }, "As the system"),
    h("option", { value: "light" }, "Light"),
    h("option", { value: "dark" }, "Dark"),
  );
  const dialog = h(
    "dialog",
    { class: "card column", "aria-label": "Settings" },
    h("h2", {}, "Settings"),
    h("div", { class: "row" }, quiz, quizLabel),
    h("div", { class: "row" }, large, largeLabel),
    h("label", {}, "Colors", theme),
    h("h3", {}, "Shown"),
    boxes.map(({ element }) => element),
    h(
      "p",
      { class: "note" },
      "The address of the page holds all of it, the drawing too: send it to your class.",
    ),
    h(
      "button",
      { type: "button", id: "settings-close", on: { click: () => dialog.close() } },
      "Close",
    ),
  );
  const open = h(
    "button",
    {
      type: "button",
      id: "settings",
      "data-testid": "settings",
      on: { click: () => dialog.showModal() },
    },
    "Settings",
  );
  theme.value = readTheme();
  setTheme(theme.value);
  document.addEventListener("keydown", (event) => {
    const typing = event.target.matches?.("input[type=text], input[type=number], select, textarea");
    if (
      !typing &&
      !event.ctrlKey &&
      !event.metaKey &&
      event.key.toLowerCase() === "r" &&
      store.get().quiz
    ) {
      store.set({ revealed: !store.get().revealed });
    }
  });

  function render(state) {
    quiz.checked = state.quiz;
    large.checked = state.large;
    document.documentElement.classList.toggle("large", state.large);
    for (const { key, input } of boxes) input.checked = !state.hide.includes(key);
    for (const element of document.querySelectorAll("[data-control]")) {
      element.classList.toggle("hidden", state.hide.includes(element.dataset.control));
    }
  }
  return { element: h("span", {}, open, dialog), render };
}

function readTheme() {
  try {
    return localStorage.getItem("theme") ?? "";
  } catch {
    return ""; // storage can be forbidden, above all in pages from files
  }
}

function setTheme(name) {
  document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("theme", name);
  } catch {
    // then it is chosen again the next time
  }
  dispatchEvent(new Event("recolor"));
}

// address: what the page shows, as the part of its address behind #, so that it can be sent around.

const KNOWN = [
  "view",
  "model",
  "neuron",
  "step",
  "target",
  "weight",
  "eta",
  "pen",
  "prepare",
  "quiz",
  "hide",
  "large",
  "strokes",
  "seed",
];
const SCALE = 1000; // of coordinates, which are whole numbers in an address

/** The state as text. */
export function toHash(state) {
  const {
    view,
    modelId,
    neuron,
    step,
    target,
    weight,
    eta,
    pen,
    prepare,
    quiz,
    hide,
    large,
    strokes,
    seed,
    sample,
    upload,
    cells,
  } = state;
  const values = {
    view: view === "flow" ? null : view,
    model: modelId === "0" ? null : modelId,
    neuron: neuron && neuron.join("."),
    step,
    target,
    weight,
    eta: eta === 1e-4 ? null : Number(eta.toPrecision(6)),
    pen: pen === 0.07 ? null : pen,
    prepare: prepare ? null : 0,
    quiz: quiz ? 1 : null,
    hide: hide.length ? hide.join(".") : null,
    large: large ? 1 : null,
    seed: seed || null,
    strokes: strokes.length && !(sample || upload || cells) ? packStrokes(strokes) : null,
  };
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return given.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join("&");
}

/** What a text says of the state; what is unknown or impossible in it is left out. */
export function fromHash(hash) {
  const changes = {};
  for (const piece of hash.replace(/^#/, "").split("&")) {
    const [key, text] = piece.split("=");
    if (!KNOWN.includes(key) || text === undefined) continue;
    const value = read(key, decode(text));
    if (value !== undefined) Object.assign(changes, value);
  }
  return changes;
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

const VIEWS = ["flow", "learn", "train", "compare", "card"];

function read(key, text) {
  const whole = /^\d{1,6}$/.test(text) ? Number(text) : undefined;
  switch (key) {
    case "view":
      return VIEWS.includes(text) ? { view: text } : undefined;
    case "model":
      return whole === undefined ? undefined : { modelId: text };
    case "neuron": {
      const [l, j] = text.split(".").map(Number);
      return Number.isInteger(l) && Number.isInteger(j) && l >= 0 && j >= 0
        ? { neuron: [l, j] }
        : undefined;
    }
    case "eta":
      return Number(text) > 0 && Number(text) <= 10 ? { eta: Number(text) } : undefined;
    case "pen":
      return Number(text) >= 0.01 && Number(text) <= 0.3 ? { pen: Number(text) } : undefined;
    case "prepare":
      return { prepare: text !== "0" };
    case "quiz":
    case "large":
      return { [key]: text === "1" };
    case "hide":
      return { hide: text.split(".").filter((name) => /^[a-z]{1,20}$/.test(name)) };
    case "strokes":
      return { strokes: unpackStrokes(text) };
    default:
      return whole === undefined ? undefined : { [key]: whole };
  }
}

function packStrokes(strokes) {
  const whole = (value) => Math.round(SCALE * value);
  return strokes
    .map((stroke) => stroke.map(([x, y]) => `${whole(x)}_${whole(y)}`).join("~"))
    .join("!");
}

function unpackStrokes(text) {
  const strokes = text
    .split("!")
    .map((stroke) =>
      stroke.split("~").map((point) => point.split("_").map((n) => Number(n) / SCALE)),
    );
  return strokes.every((stroke) =>
    stroke.every(
      (point) => point.length === 2 && point.every((n) => Number.isFinite(n) && Math.abs(n) < 10),
    ),
  )
    ? strokes
    : [];
}

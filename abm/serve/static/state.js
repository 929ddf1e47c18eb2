// State: what is asked, in the address, so that a link shows the same again.

const listeners = [];
export const state = { settings: new Map(), event: "closed", seed: 1, runs: 20000, central: false, pinned: null };
let order = new Map();

// Numbers come before the words that switch whole parties, so that a word has the last say.
export function know(controls) {
  const rank = (control) => (control.kind === "words" ? 1 : 0);
  const sorted = controls.map((control, place) => [rank(control), place, control.path]);
  sorted.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  order = new Map(sorted.map(([, , path], place) => [path, place]));
}

const placeOf = (path) => (order.has(path) ? order.get(path) : -1);
export const listed = (settings) => [...settings].sort((a, b) => placeOf(a[0]) - placeOf(b[0]))
  .map(([path, value]) => `${path}=${value}`);

export const read = (list) => new Map(list.map((one) => {
  const place = one.indexOf("=");
  return [one.slice(0, place), one.slice(place + 1)];
}));

export const position = (settings = state.settings) => ({
  settings: listed(settings), event: state.event, seed: state.seed, runs: state.runs, central: state.central,
});

function address() {
  const words = new URLSearchParams();
  for (const one of listed(state.settings)) words.append("set", one);
  if (state.event !== "closed") words.set("event", state.event);
  if (state.seed !== 1) words.set("seed", state.seed);
  if (state.runs !== 20000) words.set("runs", state.runs);
  if (state.central) words.set("central", "yes");
  if (state.pinned) for (const one of ["", ...listed(state.pinned)]) words.append("a", one);
  return words.toString();
}

export function fromAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  state.settings = read(words.getAll("set").filter((one) => one.includes("=")));
  state.event = words.get("event") || "closed";
  state.seed = Number(words.get("seed") ?? 1);
  state.runs = Number(words.get("runs") ?? 20000);
  state.central = words.get("central") === "yes";
  state.pinned = words.has("a") ? read(words.getAll("a").filter((one) => one.includes("="))) : null;
}

let last = null; // the path that was moved last
export const lastMoved = () => last;
export const onChange = (act) => listeners.push(act);

export function changed(path = null, kept = true) {
  last = path;
  const hash = address();
  if (kept) history.replaceState(null, "", hash ? `#${hash}` : location.pathname);
  for (const act of listeners) act();
}

export function set(path, value, asInFile) {
  if (value === asInFile) state.settings.delete(path);
  else state.settings.set(path, value);
  changed(path);
}

export function replace(settings) {
  state.settings = settings;
  changed();
}

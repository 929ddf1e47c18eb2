// Answer: the number on top, its doubts, and how far it is from the one that is pinned.

import { byId, day, make, shape } from "./dom.js";
import { nameOf, said } from "./controls.js";
import { state } from "./state.js";

export function showNumber(told) {
  const p = byId("p");
  p.textContent = told.shown.p; // in the digits of every other answer
  p.dataset.runs = told.runs;
  p.dataset.value = told.p;
  p.dataset.done = told.done;
  byId("interval").textContent = `95 % interval ${told.shown.low} to ${told.shown.high}: what so many runs leave open`;
  byId("worlds").textContent = told.worlds_range
    ? `In nine of ten worlds between ${told.worlds_shown.low} and ${told.worlds_shown.high}: what nobody knows`
    : told.drawn ? "" : state.central ? "Every number is at its value: none is drawn" : "No number of the file has a range, so none is drawn";
  byId("due").textContent = told.due ? `By ${day(told.due.date)}, when it is wanted: ${told.due.said}` : "";
  byId("central").textContent = told.central ? `With every range at its value ${told.central.said}` : "";
  byId("progress").textContent = told.done
    ? `${told.said}` : `${told.runs.toLocaleString("en")} of ${told.wanted.toLocaleString("en")} runs …`;
  byId("bar").textContent = `${told.shown.p} (${told.shown.low} to ${told.shown.high})${told.done ? "" : " …"}`;
  if (told.done) byId("settled").textContent = `Probability ${told.said}`;
  byId("answer").classList.toggle("busy", !told.done);
  scale(told);
}

// Where it lies between 0 and 100 %: thin, what nobody knows; thick, what the runs leave open.
function scale(told) {
  const at = (p) => 8 + 384 * p;
  const parts = [shape("line", { x1: 8, x2: 392, y1: 12, y2: 12, class: "axis" })];
  for (const tick of [0, 0.25, 0.5, 0.75, 1]) {
    parts.push(shape("line", { x1: at(tick), x2: at(tick), y1: 9, y2: 15, class: "axis" }));
  }
  if (told.worlds_range) {
    parts.push(shape("rect", { x: at(told.worlds_range.low), width: Math.max(1, at(told.worlds_range.high) - at(told.worlds_range.low)), y: 9, height: 6, class: "worlds" }));
  }
  parts.push(shape("rect", { x: at(told.low), width: Math.max(2, at(told.high) - at(told.low)), y: 5, height: 14, class: "runs" }));
  byId("scale").replaceChildren(...parts);
  byId("scale-words").textContent = told.worlds_range ? "Thick: the 95 % interval. Thin: nine of ten worlds." : "Thick: the 95 % interval.";
  byId("ticks").hidden = false;
}

export function showRefused() {
  byId("p").textContent = "–";
  byId("bar").textContent = "This cannot be simulated.";
  byId("p").dataset.done = "refused";
  for (const id of ["interval", "worlds", "central", "due"]) byId(id).textContent = "";
  byId("progress").textContent = "Refused: see beside what was moved.";
  byId("scale").replaceChildren();
  byId("scale-words").textContent = "";
  byId("ticks").hidden = true;
}

export function showWords(told) { byId("said").textContent = told.words; }

export function showCompared(told) {
  const box = byId("compared");
  if (!told) {
    if (!state.pinned) box.replaceChildren();
    box.hidden = !state.pinned;
    return;
  }
  box.hidden = false;
  if (!differences().length) {
    box.replaceChildren(make("h3", {}, "A against B, under the same luck"),
      make("p", { id: "unchanged" }, "Nothing is changed yet: B is the same as A. Move something, and the difference stands here."));
    return;
  }
  const { change, money: more } = told;
  const verdict = told.stands_out ? "The difference stands out of its own error."
    : "The difference does not stand out of its own error.";
  box.replaceChildren(
    make("h3", {}, "A against B, under the same luck"),
    make("p", { className: "difference", id: "difference", data: { change: change.change, low: change.low, high: change.high, runs: change.runs } }, change.said),
    make("p", {}, `${verdict} ${told.other_runs.toLocaleString("en")} of ${change.runs.toLocaleString("en")} runs end otherwise; money paid on average changes by USD ${more.said.replace(/^([^ ]+)/, "$1 billion")}.`),
    make("ul", {}, ...differences().map((words) => make("li", {}, words))));
}

// What B has otherwise than A.
function differences() {
  const paths = new Set([...state.pinned.keys(), ...state.settings.keys()]);
  const found = [...paths].filter((path) => state.pinned.get(path) !== state.settings.get(path)).map((path) => {
    const [a, b] = [state.pinned, state.settings].map((one) => (one.has(path) ? said(path, one.get(path)) : "as in the file"));
    return `${nameOf(path)}: ${a} (A), ${b} (B)`;
  });
  return found;
}

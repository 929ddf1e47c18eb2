// Page: asks whenever something is moved, and shows what comes; an earlier question is given up.

import { showCompared, showNumber, showRefused, showWords } from "./answer.js";
import * as controls from "./controls.js";
import { onPick } from "./dots.js";
import { byId, day, listen, make, post, save } from "./dom.js";
import * as pictures from "./pictures.js";
import { Story } from "./story.js";
import { study } from "./study.js";
import { changed, fromAddress, know, lastMoved, onChange, position, replace, state } from "./state.js";

const visitor = crypto.getRandomValues(new Uint32Array(4)).join("-");
const WAIT_MS = 20; // for the next key, where keys follow each other
const PAUSE_MS = 150; // after which a key is the first of its kind
let before = 0;
let asking = null;
let story = null;
let waiting = 0;

function ask() {
  clearTimeout(waiting);
  asking?.abort();
  byId("p").dataset.done = "false";
  const soon = performance.now() - before < PAUSE_MS;
  before = performance.now();
  if (soon) waiting = setTimeout(now, WAIT_MS);
  else now();
}

async function now() {
  const mine = new AbortController();
  asking = mine;
  const body = { visitor, position: position(), moved: lastMoved() };
  if (state.pinned) body.pinned = position(state.pinned);
  let first = true;
  try {
    await listen("answer", body, mine.signal, (name, told) => {
      if (asking !== mine) return;
      hear(name, told);
      if (first) ways(body, mine.signal); // nothing is asked beside the first number
      first = false;
    });
  } catch (error) {
    if (!mine.signal.aborted) byId("progress").textContent = "The server does not answer: is abm serve still running?";
  }
}

function hear(name, told) {
  if (name === "refused") {
    showRefused();
    controls.refuse(told);
    return;
  }
  if (name === "number") {
    controls.clear();
    showNumber(told);
  } else if (name === "compared") showCompared(told);
  else if (name === "pictures") pictures.show(told);
  else if (name === "words") {
    showWords(told);
    story.again();
  }
}

async function ways(body, signal) {
  try {
    const response = await post("ways", body, signal);
    if (!response.ok) return;
    const told = await response.json();
    byId("command").textContent = told.command;
    byId("python").textContent = told.python;
  } catch { /* given up, or the answer says so */ }
}

function fields() {
  const known = [["event", "event", String], ["seed", "seed", Number], ["runs", "runs", Number]];
  for (const [id, key, form] of known) {
    byId(id).addEventListener("change", (event) => { state[key] = form(event.target.value); changed(); });
  }
  byId("central-only").addEventListener("change", (event) => { state.central = event.target.checked; changed(); });
  byId("pin").addEventListener("click", () => { state.pinned = new Map(state.settings); changed(); });
  byId("unpin").addEventListener("click", () => { state.pinned = null; changed(); });
  byId("swap").addEventListener("click", () => replace(new Map(state.pinned)));
  byId("back").addEventListener("click", () => replace(new Map()));
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", () => copy(button.dataset.copy));
  }
  addEventListener("hashchange", () => { fromAddress(); changed(null, false); });
}

// What can be kept: the scenario, the report, and every picture as the program draws it.
const FILES = [["scenario.toml", "Save the scenario (TOML)"], ["report.html", "Save the report (a minute)"]];
const FIGURES = { book: "book", money: "funded", causes: "causes", payers: "payers", cash: "cash" };

function saving() {
  byId("saving").append(...FILES.map(([what, words]) => keeps(what, words)));
  for (const [id, name] of Object.entries(FIGURES)) {
    byId(id).append(make("div", { className: "row" }, keeps(`${name}.png`, "Save the figure (PNG)"), keeps(`${name}.svg`, "SVG")));
  }
}

function keeps(what, words) {
  const button = make("button", { type: "button", data: { save: what }, on: { click: async () => {
    button.disabled = true;
    button.textContent = "Making it …";
    const said = await save(`save/${what}`, { position: position() }).then((name) => `Saved as ${name}.`, (error) => error.message);
    byId("copied").textContent = said;
    button.textContent = words;
    button.disabled = false;
  } } }, words);
  return button;
}

async function copy(id) {
  await navigator.clipboard.writeText(byId(id).textContent).then(
    () => { byId("copied").textContent = "Copied."; }, () => { byId("copied").textContent = "The browser does not let a page copy: mark the text instead."; });
}

function refresh() {
  byId("event").value = state.event;
  byId("seed").value = state.seed;
  byId("runs").value = state.runs;
  byId("central-only").checked = state.central;
  byId("unpin").hidden = byId("swap").hidden = !state.pinned;
  byId("pin").textContent = state.pinned ? "Pin this as the new A" : "Pin this as A";
  showCompared(null);
}

function looks() {
  const order = ["", "light", "dark"];
  const names = ["as the system", "light", "dark"];
  let place = 0;
  byId("theme").addEventListener("click", () => {
    place = (place + 1) % order.length;
    document.documentElement.dataset.look = order[place];
    byId("theme").textContent = `Look: ${names[place]}`;
    pictures.redraw();
  });
  // Paper is white, whatever the screen is.
  addEventListener("beforeprint", () => { document.documentElement.dataset.look = "light"; pictures.redraw(); });
  addEventListener("afterprint", () => { document.documentElement.dataset.look = order[place]; pictures.redraw(); });
}

async function start() {
  const opened = await (await fetch("opened")).json();
  document.title = opened.title;
  byId("title").textContent = opened.title;
  byId("subtitle").textContent = `As of ${day(opened.as_of)} · ${opened.source}`;
  byId("description").textContent = opened.description;
  byId("about").hidden = !opened.description;
  byId("version").textContent = `abm ${opened.version}`;
  know(opened.controls);
  fromAddress();
  controls.build(opened.controls);
  fields();
  looks();
  pictures.build();
  story = new Story(byId("story"), visitor);
  onPick((run) => story.tell(run));
  saving();
  if (opened.study) study(opened.study);
  onChange(refresh);
  onChange(ask);
  changed();
  listen("effects", {}, undefined, (name, told) => controls.rank(told.effects)).catch(() => {});
}

start();

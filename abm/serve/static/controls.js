// Controls: a slider, a switch or a date for everything that can be moved, in the groups of the file.

import { byId, make, percent } from "./dom.js";
import { lastMoved, onChange, replace, set, state, read } from "./state.js";

const rows = new Map(); // by path: what shows a control
let groups = [];
const NOTICED = 0.02; // of the probability: less is no matter
const MOST = 12; // controls that are put first

// A number as a file would have it, without an exponent.
const written = (number) => {
  const text = String(Number(number));
  return text.includes("e") ? Number(number).toFixed(12).replace(/0+$/, "").replace(/\.$/, "") : text;
};
const inFile = (control) => (control.kind === "number" ? written(control.value) : String(control.value));
const valueOf = (control) => state.settings.get(control.path) ?? inFile(control);

export function build(controls) {
  const holder = byId("groups");
  const byGroup = new Map();
  for (const control of controls) {
    if (!byGroup.has(control.group)) byGroup.set(control.group, []);
    byGroup.get(control.group).push(control);
  }
  groups = [...byGroup].map(([name, members]) => {
    const count = make("span", { className: "count" });
    const title = members.find((one) => !one.owner.includes(": "))?.owner ?? members[0].owner;
    const element = make("details", { className: "group", open: name === "round", data: { group: name } },
      make("summary", {}, make("span", { className: "owner" }, title), count));
    element.append(...members.map((control) => row(control, title)));
    return { name, element, members, count };
  });
  holder.replaceChildren(...groups.map((group) => group.element));
  for (const id of ["search", "all", "moved"]) byId(id).addEventListener("input", filter);
  onChange(refresh);
  refresh();
  filter();
}

function row(control, title) {
  const id = `c-${rows.size}`;
  const owner = control.owner.startsWith(`${title}: `) ? `${control.owner.slice(title.length + 2)}: ` : "";
  const name = `${owner}${control.label}`;
  const parts = FORMS[control.kind](control, id);
  const reset = make("button", {
    type: "button", className: "reset", title: `Back to ${inFile(control)}, as in the file`, hidden: true,
    "aria-label": `${name}: back to ${inFile(control)}, as in the file`,
    on: { click: () => { set(control.path, inFile(control), inFile(control)); parts.focus.focus(); } },
  }, "↺");
  const refused = make("div", { className: "refused", id: `${id}-refused` });
  const effect = make("span", { className: "effect" });
  const element = make("div", { className: "control", data: { path: control.path } },
    make("div", { className: "head" }, make("label", { htmlFor: id }, name), reset),
    make("div", { className: "inputs" }, ...parts.elements), effect, refused, help(control, name));
  rows.set(control.path, { control, element, reset, refused, effect, parts, text: searched(control) });
  return element;
}

const searched = (control) => [control.path, control.owner, control.label, control.meaning, control.source, control.grade]
  .join(" ").toLowerCase();

function help(control, name) {
  const lines = [
    ["", control.meaning],
    ["In the file", control.left_out ? `left out; the default is ${inFile(control)}` : inFile(control)],
    ["Unit", control.unit === "-" ? "a share or a number without a unit" : control.unit],
    ["Range in the file", control.said],
    ["May be", control.kind === "number" ? `${control.least} to ${control.most}${control.whole ? ", whole" : ""}` : ""],
    ["Grade", control.grade], ["Source", control.source], ["Path", control.path],
  ].filter(([, text]) => text);
  return make("details", { className: "help" }, make("summary", { "aria-label": `What is “${name}”?` }, "?"),
    make("dl", {}, ...lines.flatMap(([head, text]) => [make("dt", {}, head), make("dd", {}, text)])));
}

const FORMS = {
  number(control, id) {
    const send = (event) => { if (event.target.value !== "") set(control.path, written(event.target.value), inFile(control)); };
    const slider = make("input", {
      type: "range", id, min: control.low, max: control.high, step: control.step, on: { input: send },
      "aria-describedby": `${id}-refused`,
    });
    const exact = make("input", {
      type: "number", min: control.least, max: control.most, step: control.whole ? 1 : "any", on: { change: send },
      "aria-label": `${control.owner}: ${control.label}, exactly [${control.unit}]`, className: "exact",
    });
    const unit = make("span", { className: "unit" }, control.unit === "-" ? "" : control.unit);
    const show = (value) => {
      if (document.activeElement !== slider || slider.value !== value) slider.value = value;
      if (document.activeElement !== exact) exact.value = value;
      slider.setAttribute("aria-valuetext", `${value}${control.unit === "-" ? "" : ` ${control.unit}`}`);
    };
    return { elements: [slider, exact, unit], show, focus: slider };
  },
  words(control, id) {
    const choice = make("select", { id, on: { change: () => set(control.path, choice.value, inFile(control)) },
      "aria-describedby": `${id}-refused` },
    ...control.words.map(([word, words]) => make("option", { value: word }, words)));
    return { elements: [choice], show: (value) => { choice.value = value; }, focus: choice };
  },
  flag(control, id) {
    const box = make("input", { type: "checkbox", id,
      on: { change: () => set(control.path, String(box.checked), inFile(control)) } });
    return { elements: [box], show: (value) => { box.checked = value === "true"; }, focus: box };
  },
  date(control, id) {
    const box = make("input", { type: "date", id,
      on: { change: () => { if (box.value) set(control.path, box.value, inFile(control)); } } });
    return { elements: [box], show: (value) => { box.value = value; }, focus: box };
  },
};

// Only what is otherwise than before: there may be hundreds of controls, and a key should be answered at once.
function refresh() {
  let others = false;
  for (const row of rows.values()) {
    const value = valueOf(row.control);
    const moved = state.settings.has(row.control.path);
    if (value !== row.value) row.parts.show(value);
    if (moved !== row.moved) {
      row.element.classList.toggle("changed", moved);
      row.reset.hidden = !moved;
      others = true;
    }
    Object.assign(row, { value, moved });
  }
  if (others) filter();
}

function filter() {
  const wanted = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = byId("all").checked || wanted.length > 0;
  const onlyMoved = byId("moved").checked;
  let shown = 0;
  for (const group of groups) {
    let here = 0;
    let moved = 0;
    for (const control of group.members) {
      const { element, text } = rows.get(control.path);
      const changed = state.settings.has(control.path);
      const fits = wanted.every((word) => text.includes(word)) && (!onlyMoved || changed);
      element.hidden = !(fits && (all || changed || !control.left_out));
      here += element.hidden ? 0 : 1;
      moved += changed ? 1 : 0;
    }
    group.element.hidden = !here;
    group.count.textContent = `${here}${moved ? `, ${moved} changed` : ""}`;
    if ((wanted.length || onlyMoved) && here) group.element.open = true;
    shown += here;
  }
  byId("found").textContent = wanted.length || onlyMoved ? `${shown} found` : "";
}

// Put those that move the answer most first, in a group of their own, and say by how much.
export function rank(effects) {
  for (const { path, low, high } of effects) {
    const found = rows.get(path);
    if (found && high - low > 0.005) found.effect.textContent = `moves the answer between ${percent(low)} and ${percent(high)}`;
  }
  const first = effects.filter(({ path, low, high }) => rows.has(path) && high - low > NOTICED).slice(0, MOST);
  if (!first.length) return;
  const paths = new Set(first.map(({ path }) => path));
  const count = make("span", { className: "count" });
  const element = make("details", { className: "group", open: true, id: "first" },
    make("summary", {}, make("span", { className: "owner" }, "What matters most here"), count),
    make("p", { className: "small" }, "Each from one end to the other, at the central values of all others."));
  const focused = document.activeElement;
  for (const { path } of first) {
    const { control, element: line } = rows.get(path);
    line.querySelector("label").prepend(make("span", { className: "whose" }, `${control.owner}: `));
    element.append(line);
  }
  for (const group of groups) group.members = group.members.filter((control) => !paths.has(control.path));
  groups.unshift({ name: "first", element, members: first.map(({ path }) => rows.get(path).control), count });
  byId("groups").prepend(element);
  if (focused && focused !== document.activeElement) focused.focus({ preventScroll: true });
  filter();
}

// Say a refusal beside what was moved, or beside what stands in its way.
export function refuse(told) {
  clear();
  if (!told) return;
  const moved = lastMoved();
  for (const fault of told.faults) {
    const place = rows.get(moved) ?? rows.get(fault.key);
    const called = rows.get(fault.key)?.control;
    const name = called ? `${called.owner}: ${called.label}` : fault.key;
    const said = make("p", {}, `${name}${name ? ": " : ""}${fault.said}`);
    const mends = told.mends.map((mend) => make("button", {
      type: "button", className: "mend", on: { click: () => replace(read(mend.settings)) },
    }, mend.words));
    const box = [make("strong", {}, "This cannot be simulated."), said, make("div", { className: "row" }, ...mends)];
    (place?.refused ?? byId("refusal")).replaceChildren(...box);
    if (place) place.element.closest("details.group").open = true;
    break;
  }
}

export function clear() {
  byId("refusal").replaceChildren();
  for (const { refused } of rows.values()) if (refused.childNodes.length) refused.replaceChildren();
}

export const nameOf = (path) => {
  const control = rows.get(path)?.control;
  return control ? `${control.owner}: ${control.label}` : path;
};
export const said = (path, value) => {
  const control = rows.get(path)?.control;
  return control?.words.find(([word]) => word === value)?.[1] ?? `${value}${control && control.unit && control.unit !== "-" ? ` ${control.unit}` : ""}`;
};

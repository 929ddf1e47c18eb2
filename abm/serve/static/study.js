// Study: its points as dots over axes that can be chosen; a dot opens the scenario that it stands for.

import { byId, make, percent, shape, tableBelow, table } from "./dom.js";
import { changed, read, state } from "./state.js";

const LEFT = 56;
const BELOW = 40;

export function study(told) {
  const holder = byId("study");
  holder.hidden = false;
  byId("study-title").textContent = `The points of ${told.name}`;
  const columns = [...told.axes, ...told.results];
  const choose = (words, first) => {
    const choice = make("select", { on: { change: draw } }, ...columns.map((name) => make("option", { value: name }, name === "p" ? "p: chance of the event" : name)));
    choice.value = first;
    return [make("label", {}, `${words} `, choice), choice];
  };
  const [across, x] = choose("Across", told.axes[0] ?? "runs");
  const [up, y] = choose("Up", "p");
  const frame = make("div", { className: "dots", tabIndex: 0, role: "group", on: { keydown: key },
    "aria-label": "Points of the study. Arrow keys choose one, Enter opens its scenario." });
  const said = make("p", { className: "readout small", "aria-live": "polite" });
  const below = tableBelow("The points as a table");
  holder.append(make("div", { className: "row" }, across, up), frame, said, below.element);
  let order = [];
  let chosen = null;

  const words = (point) => `${told.axes.map((name) => `${name} = ${point.cells[name] ?? "as in the file"}`).join(", ")}: ${percent(point.cells.p)}`;

  function scale(name, from, to) {
    const values = told.points.map((point) => point.cells[name]);
    const numbers = values.every((value) => value === null || typeof value === "number");
    if (!numbers) {
      const known = [...new Set(values.map(String))];
      return { at: (value) => from + ((known.indexOf(String(value)) + 0.5) / known.length) * (to - from), ticks: known.map((value) => [value, value]) };
    }
    const there = values.filter((value) => value !== null);
    const low = name === "p" ? 0 : Math.min(...there);
    const high = name === "p" ? 1 : Math.max(...there);
    const width = high - low || 1;
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => low + share * width);
    return { at: (value) => from + (((value ?? low) - low) / width) * (to - from), ticks: ticks.map((value) => [value, name === "p" ? percent(value) : Number(value.toPrecision(3)).toString()]) };
  }

  function draw() {
    const width = Math.max(260, frame.clientWidth);
    const height = 300;
    const horizontal = scale(x.value, LEFT + 10, width - 14);
    const vertical = scale(y.value, height - BELOW - 8, 12);
    const drawing = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    for (const [value, text] of horizontal.ticks) {
      drawing.append(shape("line", { x1: horizontal.at(value), x2: horizontal.at(value), y1: 8, y2: height - BELOW, class: "grid" }),
        shape("text", { x: horizontal.at(value), y: height - BELOW + 16, "text-anchor": "middle" }, text));
    }
    for (const [value, text] of vertical.ticks) {
      drawing.append(shape("line", { x1: LEFT, x2: width - 8, y1: vertical.at(value), y2: vertical.at(value), class: "grid" }),
        shape("text", { x: LEFT - 6, y: vertical.at(value) + 4, "text-anchor": "end" }, text));
    }
    drawing.append(shape("text", { x: (width + LEFT) / 2, y: height - 4, "text-anchor": "middle" }, x.value));
    order = [...told.points].sort((a, b) => horizontal.at(a.cells[x.value]) - horizontal.at(b.cells[x.value]));
    for (const point of order) {
      const [cx, cy] = [horizontal.at(point.cells[x.value]), vertical.at(point.cells[y.value])];
      if (y.value === "p" && point.cells.low !== null) {
        drawing.append(shape("line", { x1: cx, x2: cx, y1: vertical.at(point.cells.low), y2: vertical.at(point.cells.high), class: "whisker" }));
      }
      const circle = shape("circle", { cx, cy, r: 5, class: "closed" });
      circle.append(shape("title", {}, words(point)));
      circle.addEventListener("click", () => { pick(point); open(point); });
      circle.addEventListener("pointerenter", () => { said.textContent = words(point); });
      point.circle = circle;
      drawing.append(circle);
    }
    frame.replaceChildren(drawing);
    mark();
  }

  const mark = () => { for (const point of told.points) point.circle?.classList.toggle("chosen", point === chosen); };
  const pick = (point) => { chosen = point; mark(); said.textContent = words(point); };

  function open(point) {
    state.settings = read(point.settings);
    state.seed = told.seed;
    state.event = told.event;
    state.central = told.central;
    changed();
  }

  function key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 1, ArrowDown: -1, Home: -1e9, End: 1e9 };
    if (event.key in steps) pick(order[Math.max(0, Math.min(order.length - 1, order.indexOf(chosen) + steps[event.key]))]);
    else if (event.key === "Enter" && chosen) open(chosen);
    else return;
    event.preventDefault();
  }

  said.textContent = `${told.points.length} of ${told.all} points; lines are 95 % intervals. Pick one to open its scenario.`;
  below.show(() => table(columns, told.points.map((point) => columns.map((name) => point.cells[name] ?? "")), "The points"));
  new ResizeObserver(draw).observe(frame);
  draw();
}

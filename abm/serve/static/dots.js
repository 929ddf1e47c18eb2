// Dots: single runs over the money that they bring; one can be picked and read as a story.

import { byId, make, money, shape } from "./dom.js";

const WIDTH = 720;
const LEFT = 44; // where the axis of the chart above begins [px]
const RADIUS = 3.6;
let pick = () => {};
export const onPick = (act) => { pick = act; };

export class Dots {
  constructor(holder) {
    this.frame = make("div", { className: "dots", tabIndex: 0, role: "group",
      "aria-label": "Runs as dots over the money that they bring. Arrow keys choose one, Enter tells its story.",
      on: { keydown: (event) => this.key(event) } });
    this.said = make("p", { className: "readout small", "aria-live": "polite" });
    holder.append(make("h3", {}, "Single runs: pick one"), this.frame, this.said);
    this.chosen = null;
    new ResizeObserver(() => { if (this.told) this.draw(this.told); }).observe(this.frame);
  }

  draw(told) {
    this.told = told;
    const most = told.edges.at(-1) || 1;
    const width = Math.max(240, this.frame.clientWidth || WIDTH);
    const step = 2 * RADIUS + 0.6;
    const bins = told.edges.length - 1;
    const wide = (width - LEFT - 2 * RADIUS) / bins;
    const across = Math.max(1, Math.floor(wide / step)); // dots side by side in a bar of the picture above
    const stacks = new Array(bins).fill(0);
    this.order = [...told.dots].sort((a, b) => a.bn - b.bn || a.run - b.run);
    const placed = this.order.map((dot) => {
      const bin = Math.min(bins - 1, Math.floor((dot.bn / most) * bins));
      const number = stacks[bin]++;
      return [dot, LEFT + RADIUS + bin * wide + (number % across) * step, Math.floor(number / across)];
    });
    const tall = Math.max(1, ...stacks.map((count) => Math.ceil(count / across)));
    const rise = Math.min(step, 240 / tall);
    const height = Math.max(24, tall * rise + 2 * RADIUS + 4);
    const drawing = shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" });
    for (const [dot, x, level] of placed) {
      const circle = shape("circle", {
        cx: x, cy: height - RADIUS - 2 - level * rise, r: RADIUS,
        class: dot.closed ? "closed" : "failed", "data-run": dot.run,
      });
      circle.append(shape("title", {}, words(dot)));
      circle.addEventListener("click", () => { this.choose(this.order.indexOf(dot)); pick(dot.run); });
      circle.addEventListener("pointerenter", () => { this.said.textContent = words(dot); });
      drawing.append(circle);
    }
    this.frame.replaceChildren(drawing);
    this.mark();
    if (this.chosen === null) this.said.textContent = `The first ${told.dots.length} runs, a dot each.`;
  }

  choose(place) {
    this.chosen = this.order[place]?.run ?? null;
    this.mark();
    if (this.chosen !== null) this.said.textContent = words(this.order[place]);
  }

  mark() {
    for (const circle of this.frame.querySelectorAll("circle")) {
      circle.classList.toggle("chosen", Number(circle.dataset.run) === this.chosen);
    }
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 1, ArrowDown: -1, Home: -1e9, End: 1e9 };
    const now = this.order.findIndex((dot) => dot.run === this.chosen);
    if (event.key in steps) this.choose(Math.max(0, Math.min(this.order.length - 1, now + steps[event.key])));
    else if (event.key === "Enter" && now >= 0) pick(this.chosen);
    else return;
    event.preventDefault();
  }
}

const words = (dot) => `run ${dot.run}: USD ${money(dot.bn)} billion, ${dot.closed ? "the round closed" : `failed, ${dot.why}`}`;

// Charts: uPlot in the colours of the page, with a line that reads what is under the pointer or the arrow keys.

import { make } from "./dom.js";

export function colours() {
  const style = getComputedStyle(document.documentElement);
  const found = (name) => style.getPropertyValue(`--${name}`).trim();
  return {
    committed: found("orange"), paid: found("blue"), good: found("green"), bad: found("red"), grey: found("grey"),
    ink: found("ink"), grid: found("grid"),
  };
}

export class Chart {
  constructor(holder, words, height) {
    this.height = height;
    this.legend = make("p", { className: "legend small" });
    this.frame = make("div", { className: "chart", tabIndex: 0, role: "group", "aria-label": words, on: { keydown: (event) => this.key(event) } });
    this.said = make("p", { className: "readout small", "aria-live": "polite" });
    holder.append(this.legend, this.frame, this.said);
    this.plot = null;
    this.place = null;
    this.form = "";
    new ResizeObserver(() => this.resize()).observe(this.frame);
  }

  forget() {
    this.plot?.destroy();
    this.plot = null;
    this.form = "";
  }

  // Draw; where only numbers have changed, the chart stays and takes them.
  draw(spec) {
    this.spec = spec;
    const form = JSON.stringify([spec.series.length, spec.marks, spec.range, spec.time, colours()]);
    if (this.plot && form === this.form) {
      this.plot.setData(spec.data);
    } else {
      this.forget();
      this.form = form;
      this.plot = new uPlot(this.options(spec), spec.data, this.frame);
    }
    this.legend.replaceChildren(...spec.legend.map(([colour, words]) => make("span", {}, make("span", { className: `key ${colour}` }), words)));
    this.read(this.place);
  }

  options(spec) {
    const ink = colours();
    const axis = { stroke: ink.ink, grid: { stroke: ink.grid, width: 1 }, ticks: { stroke: ink.grid, width: 1 }, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" };
    return {
      width: Math.max(200, this.frame.clientWidth), height: this.height, legend: { show: false }, ms: 1e-3,
      tzDate: (when) => uPlot.tzDate(new Date(when * 1000), "Etc/UTC"),
      scales: {
        x: { time: spec.time, ...(spec.range ? { range: spec.range } : {}) },
        // above the highest line there is room for the words of the marks
        y: { range: (plot, low, high) => [Math.min(0, low ?? 0), ((high ?? 1) || 1) * (spec.marks?.length ? 1.2 : 1.08)] },
      },
      axes: [{ ...axis, ...(spec.x ? { label: spec.x, labelSize: 22 } : {}), ...(spec.time ? { values: dates } : {}) },
        { ...axis, label: spec.y, labelSize: 20, size: 44 }],
      series: [{}, ...spec.series], bands: spec.bands,
      cursor: { drag: { x: false, y: false }, points: { show: false }, y: false },
      hooks: {
        setCursor: [(plot) => { this.place = plot.cursor.idx ?? null; this.read(this.place); }],
        draw: [(plot) => this.marks(plot, spec.marks ?? [], ink)],
      },
    };
  }

  marks(plot, marks, ink) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ctx.fillStyle = ink.ink;
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    for (const { at, words } of marks) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left - 1 || x > bbox.left + bbox.width + 1) continue;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      const left = x + ctx.measureText(words).width + 8 > bbox.left + bbox.width;
      ctx.textAlign = left ? "right" : "left";
      ctx.fillText(words, x + (left ? -4 : 4) * devicePixelRatio, bbox.top + 11 * devicePixelRatio);
    }
    ctx.restore();
  }

  read(place) {
    const count = this.spec?.data[0].length ?? 0;
    this.said.textContent = place !== null && place < count ? this.spec.read(place) : this.spec?.note ?? "Point at the picture, or focus it and use the arrow keys.";
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10, Home: -1e9, End: 1e9 };
    if (!(event.key in steps) || !this.plot) return;
    event.preventDefault();
    const count = this.spec.data[0].length;
    const place = Math.max(0, Math.min(count - 1, (this.place ?? -1) + steps[event.key]));
    this.plot.setCursor({ left: this.plot.valToPos(this.spec.data[0][place], "x"), top: 10 });
    this.place = place;
    this.read(place);
  }

  resize() {
    const width = this.frame.clientWidth;
    if (this.plot && width > 0 && Math.abs(width - this.plot.width) > 1) this.plot.setSize({ width, height: this.height });
  }
}

const MONTH = new Intl.DateTimeFormat("en-GB", { month: "short", timeZone: "UTC" });
const DATE = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
function dates(plot, splits) {
  let year = null;
  return splits.map((split) => {
    const when = new Date(split * 1000);
    const words = when.getUTCDate() === 1 ? MONTH.format(when) : DATE.format(when);
    const fresh = when.getUTCFullYear() !== year;
    year = when.getUTCFullYear();
    return fresh ? `${words}\n${year}` : words;
  });
}

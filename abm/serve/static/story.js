// Story: one run week by week, as abm explain tells it; who waits for whom, and the twin that ends the other way.

import { byId, day, listen, make, money } from "./dom.js";
import { position, read, replace, state } from "./state.js";

export class Story {
  constructor(holder, visitor) {
    this.visitor = visitor;
    this.run = null;
    this.asking = null;
    const ask = (words, which) => make("button", { type: "button", on: { click: () => this.tell(which) } }, words);
    this.number = make("input", { type: "number", min: 0, max: 4294967295, value: 0, id: "run" });
    this.text = make("div", { id: "told", "aria-live": "polite" },
      make("p", { className: "small" }, "Pick a dot above, or let one be chosen. A story is one of many runs, an example and not a forecast."));
    holder.append(
      make("div", { className: "row" }, ask("A typical run", "typical"), ask("One that closes", "closed"), ask("One that fails", "failed"),
        make("label", {}, "Run ", this.number), make("button", { type: "button", on: { click: () => this.tell(Number(this.number.value)) } }, "Tell it")),
      this.text);
  }

  again() {
    if (this.run !== null) this.tell(this.run, false);
  }

  async tell(which, look = true) {
    this.asking?.abort();
    const mine = new AbortController();
    this.asking = mine;
    try {
      await listen("story", { visitor: this.visitor, position: position(), run: which }, mine.signal, (name, told) => {
        if (this.asking !== mine) return;
        if (name === "story") this.show(told, look);
        else if (name === "twin") this.twin(told);
        else this.text.replaceChildren(make("p", {}, told.faults.map((fault) => fault.said).join(" ")));
      });
    } catch { /* given up, or the answer says that nobody is there */ }
  }

  show(told, look) {
    this.run = told.run;
    this.told = told;
    this.number.value = told.run;
    const last = told.weeks.dates.length;
    this.slider = make("input", { type: "range", id: "week", min: 1, max: last, value: last, on: { input: () => this.week() } });
    this.at = make("p", { className: "readout", id: "at" });
    this.list = make("ol", { className: "sentences" }, ...told.sentences.filter((one) => !one.closing).map((one) =>
      make("li", { data: { date: one.date } }, one.text)));
    const closing = told.sentences.filter((one) => one.closing).map((one) => make("p", {}, one.text));
    this.turned = make("div", { id: "twin" }, make("p", { className: "small" }, "Looking for its twin …"));
    this.text.replaceChildren(
      make("h3", { tabIndex: -1, id: "story-head" }, `Run ${told.run} (seed ${told.seed}): ${told.ended}`),
      ...(told.why ? [make("p", { className: "small" }, told.why)] : []),
      make("label", { htmlFor: "week" }, "Week"), this.slider, this.at,
      make("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "What happened, sentence by sentence" }, this.list),
      make("h3", {}, "In the end"), ...closing, ...this.waiting(told), this.turned);
    this.week();
    if (look) byId("story").scrollIntoView({ block: "nearest" });
  }

  // What is known at the end of the week that is chosen.
  week() {
    const { dates, committed, paid, cash } = this.told.weeks;
    const place = Number(this.slider.value) - 1;
    const firm = !cash.some((value) => value !== 0) ? "" : cash[place] < 0 ? ", in default" : `, cash ${money(cash[place])}`;
    const words = `Week ${place + 1}, to ${day(dates[place])}: committed ${money(committed[place])}, paid ${money(paid[place])}${firm} [USD billion]`;
    this.at.textContent = words;
    this.slider.setAttribute("aria-valuetext", words);
    let latest = null;
    for (const line of this.list.children) {
      const come = line.dataset.date <= dates[place];
      line.classList.toggle("later", !come);
      line.classList.remove("now");
      if (come) latest = line;
    }
    latest?.classList.add("now");
    if (latest) {
      const box = this.list.parentElement;
      box.scrollTop = latest.offsetTop - box.offsetTop - box.clientHeight / 2;
    }
  }

  waiting(told) {
    const edges = told.waiting.edges.filter((edge) => edge.source !== "the-book") // what everybody's money waits for, again
      .sort((a, b) => Number(b.binding) - Number(a.binding) || b.bn - a.bn);
    if (!edges.length) return [];
    const name = (id) => told.names[id] || id;
    const rows = edges.map((edge) => make("tr", { className: edge.binding ? "binding" : "" },
      make("th", { scope: "row" }, name(edge.source)), make("td", {}, edge.words || name(edge.target)),
      make("td", {}, edge.met ? "met" : edge.binding ? "missing: kept the money out" : "missing"), make("td", {}, edge.bn ? money(edge.bn) : "")));
    const head = ["Who", "waits for", "At the last closing", "[USD bn]"].map((words) => make("th", { scope: "col" }, words));
    // The sentences say it week by week; the table holds what was left of it, for whoever opens it.
    return [make("details", { className: "below" }, make("summary", {}, "Who waited for whom at the last closing, as a table"), make("div", { className: "wide scroll", tabIndex: 0, role: "region", "aria-label": "Who waited for whom" },
      make("table", { id: "waiting" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows))))];
  }

  twin(told) {
    if (told.run !== this.run) return;
    const more = told.others.length ? [make("details", {}, make("summary", {}, "Larger changes that would have done it, too"),
      make("ul", {}, ...told.others.map((words) => make("li", {}, words))))] : [];
    const jump = told.settings ? [make("button", { type: "button", id: "jump", on: { click: () => this.jump(told.settings) } }, "Jump to the twin")] : [];
    this.turned.replaceChildren(make("h3", {}, "Its twin"), make("p", {}, told.words), ...jump, ...more);
  }

  jump(settings) {
    const moved = new Map(state.settings);
    for (const [path, value] of read(settings)) moved.set(path, value);
    replace(moved);
  }
}

// Pictures: the book, the money, the causes, who pays, and the cash, all of the same runs.

import { Chart, colours } from "./charts.js";
import { byId, day, make, money, percent, seconds, table, tableBelow } from "./dom.js";
import { Dots } from "./dots.js";

const built = {};
let last = null;

export function build() {
  built.book = new Chart(byId("book"), "Money committed and paid over the weeks. Arrow keys move along the weeks.", 260);
  built.consents = byId("book").appendChild(make("div", { className: "bars" }));
  built.bookTable = below("book", "The book as a table");
  built.money = new Chart(byId("money"), "How often each amount of money is paid. Arrow keys move along the amounts.", 220);
  built.dots = new Dots(byId("money"));
  built.moneyTable = below("money", "The money as a table");
  built.causes = byId("causes").appendChild(make("div", { className: "bars" }));
  built.payers = byId("payers").appendChild(make("div", { className: "bars" }));
  built.cash = new Chart(byId("cash"), "Cash over the weeks. Arrow keys move along the weeks.", 220);
  built.gone = new Chart(byId("cash"), "Share of runs in which the company has defaulted so far, over the weeks.", 120);
  built.cashTable = below("cash", "The cash as a table");
}

function below(id, words) {
  const made = tableBelow(words);
  byId(id).append(made.element);
  return made;
}

export function show(told) {
  last = told;
  book(told.book, told.by);
  moneyPaid(told.money, told.by);
  byId("causes").hidden = !told.causes.length;
  built.causes.replaceChildren(causes(told.causes));
  byId("payers").hidden = !told.payers.length;
  built.payers.replaceChildren(payers(told.payers));
  byId("cash").hidden = !told.cash;
  if (told.cash) cash(told.cash);
}

export function redraw() {
  for (const chart of Object.values(built)) chart.forget?.();
  if (last) show(last);
}

const span = (band, place) => `${money(band[2][place])} (${money(band[0][place])} to ${money(band[4][place])})`;

function book(told, by) {
  const ink = colours();
  const series = [...fan(ink.committed, "committed"), ...fan(ink.paid, "paid")];
  const target = told.dates.map(() => told.target);
  built.book.draw({
    data: [told.dates.map(seconds), ...told.committed, ...told.paid, target],
    series: [...series, { stroke: ink.ink, width: 1, dash: [6, 4], points: { show: false } }],
    bands: [...bands(1, ink.committed), ...bands(6, ink.paid)],
    time: true, y: "new money [USD billion]", marks: told.marks.map(({ at, words }) => ({ at: seconds(at), words })),
    read: (place) => `${day(told.dates[place])}: committed ${span(told.committed, place)}, paid ${span(told.paid, place)}, target ${money(told.target)} USD billion`,
    legend: [["committed", "committed: median, half of the runs, nine in ten"], ["paid", "paid: median, half of the runs, nine in ten"]],
    note: `The first ${told.runs.toLocaleString("en")} runs; dashed across: the target.${told.still_until ? ` Nothing more moves until ${day(told.still_until)}, when the watch ends.` : ""}`,
  });
  built.consents.replaceChildren(consents(told.consents, by));
  built.bookTable.show(() => table(["Week's end", "Committed [USD bn]", "nine in ten", "Paid [USD bn]", "nine in ten"],
    told.dates.map((date, k) => [day(date), money(told.committed[2][k]), `${money(told.committed[0][k])} to ${money(told.committed[4][k])}`,
      money(told.paid[2][k]), `${money(told.paid[0][k])} to ${money(told.paid[4][k])}`]), "New money over the weeks"));
}

function fan(colour, name) {
  const stepped = uPlot.paths.stepped({ align: 1 });
  return [0, 1, 2, 3, 4].map((k) => ({
    label: `${name} ${k}`, stroke: k === 2 ? colour : "transparent", width: k === 2 ? 2 : 0, paths: stepped, points: { show: false },
  }));
}

const bands = (first, colour) => [
  { series: [first + 4, first], fill: `${colour}33` }, { series: [first + 3, first + 1], fill: `${colour}4d` },
];

function consents(rows, by) {
  if (!rows.length) return "";
  const cells = rows.map((row) => [row.name, bar(row.p, "good"), percent(row.p),
    row.days.length ? `${day(row.days[0])} · ${day(row.days[1])} · ${day(row.days[2])}` : "never"]);
  return bars(["Consent", `In force ${by}`, "", "If it comes: a quarter, half, three quarters by"], cells, "Consents");
}

function moneyPaid(told, by) {
  const ink = colours();
  const middles = told.edges.slice(1).map((edge, k) => (edge + told.edges[k]) / 2);
  const both = told.reached.map((share, k) => share + told.missed[k]);
  const width = uPlot.paths.bars({ size: [0.92, 60], align: 0 });
  const bar = (colour) => ({ stroke: "transparent", fill: colour, width: 0, paths: width, points: { show: false } });
  built.money.draw({
    data: [middles, both, told.missed], series: [bar(ink.paid), bar(ink.grey)], bands: [],
    time: false, x: `new money paid ${by} [USD billion]`, y: "share of runs [%]", zero: true,
    range: [0, told.edges.at(-1)],
    marks: [{ at: told.target, words: `target ${money(told.target)}` }],
    read: (k) => `${money(told.edges[k])} to ${money(told.edges[k + 1])} USD billion: target missed in ${told.missed[k].toFixed(1)} % of runs, reached in ${told.reached[k].toFixed(1)} %`,
    legend: [["paid", "target reached"], ["grey", "target missed"]],
  });
  built.dots.draw(told);
  built.moneyTable.show(() => table(["From [USD bn]", "to", "Missed [% of runs]", "Reached [% of runs]"],
    both.map((share, k) => (share ? [money(told.edges[k]), money(told.edges[k + 1]), told.missed[k].toFixed(2), told.reached[k].toFixed(2)] : null)).filter(Boolean),
    `Money paid ${by}`));
}

function bar(share, kind, low = null, high = null) {
  const fill = make("span", { className: `fill ${kind}` });
  fill.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
  const parts = [fill];
  if (low !== null) {
    const range = make("span", { className: "range" });
    range.style.left = `${100 * low}%`;
    range.style.width = `${100 * Math.max(0.002, high - low)}%`;
    parts.push(range);
  }
  return make("span", { className: "bar", "aria-hidden": "true" }, ...parts);
}

function bars(heads, rows, caption) {
  const cell = (content, place) => make(place ? "td" : "th", place ? {} : { scope: "row" }, content);
  return make("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption }, make("table", {}, make("caption", { className: "hidden" }, caption),
    make("thead", {}, make("tr", {}, ...heads.map((head) => (head ? make("th", { scope: "col" }, head) : make("td", {}))))),
    make("tbody", {}, ...rows.map((row) => make("tr", {}, ...row.map(cell))))));
}

function causes(rows) {
  return bars(["Ending", "Share of all runs", "", "95 % interval"], rows.map((row) => [
    row.words, bar(row.p, row.closed ? "good" : "bad", row.low, row.high), percent(row.p), `${percent(row.low)} to ${percent(row.high)}`,
  ]), "How it ends, in share of all runs");
}

function payers(rows) {
  const most = Math.max(...rows.map((row) => row.mean_bn), 1e-9);
  return bars(["Who", "Paid on average", "[USD bn]", "Pays in"], rows.map((row) => [
    row.name, bar(row.mean_bn / most, "good"), money(row.mean_bn), `${percent(row.p)} of runs`,
  ]), "Who pays, on average over all runs");
}

function cash(told) {
  const ink = colours();
  const dates = told.dates.map(seconds);
  built.cash.draw({
    data: [dates, ...told.cash], series: fan(ink.good, "cash"), bands: bands(1, ink.good), time: true, y: "cash [USD billion]", zero: true,
    read: (k) => `${day(told.dates[k])}: cash ${span(told.cash, k)} USD billion`,
    legend: [["good", "cash: median, half of the runs, nine in ten"]], note: `The first ${told.runs.toLocaleString("en")} runs.`,
  });
  built.gone.draw({
    data: [dates, told.gone],
    series: [{ stroke: ink.bad, fill: `${ink.bad}40`, width: 2, paths: uPlot.paths.stepped({ align: 1 }), points: { show: false } }],
    bands: [], time: true, y: "in default [%]", zero: true,
    read: (k) => `${day(told.dates[k])}: in default in ${told.gone[k].toFixed(1)} % of runs`, legend: [],
  });
  built.cashTable.show(() => table(["Week's end", "Cash [USD bn]", "nine in ten", "In default [% of runs]"],
    told.dates.map((date, k) => [day(date), money(told.cash[2][k]), `${money(told.cash[0][k])} to ${money(told.cash[4][k])}`, told.gone[k].toFixed(1)]),
    "Cash over the weeks"));
}

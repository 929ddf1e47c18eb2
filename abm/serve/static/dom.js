// Elements, numbers in words, and messages of the server. Text is always set as text: nothing of a file becomes markup.

export const byId = (id) => document.getElementById(id);

export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name in element && !name.startsWith("aria")) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function shape(tag, attributes = {}, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text) element.textContent = text;
  return element;
}

export function table(heads, rows, caption) {
  const body = rows.map((row) => make("tr", {}, ...row.map((cell, place) =>
    make(place ? "td" : "th", place ? {} : { scope: "row" }, String(cell)))));
  return make("div", { className: "wide", tabIndex: 0, role: "region", "aria-label": caption },
    make("table", {}, make("caption", { className: "small" }, caption),
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...body)));
}

// A table that is made when somebody opens it, and again when its numbers change while it is open.
export function tableBelow(words) {
  const details = make("details", { className: "below" }, make("summary", {}, words));
  let current = null;
  const draw = () => {
    if (details.open && current) {
      while (details.childNodes.length > 1) details.lastChild.remove();
      details.append(current());
    }
  };
  details.addEventListener("toggle", draw);
  return { element: details, show: (build) => { current = build; draw(); } };
}

export function percent(p) {
  if (p === null || p === undefined) return "–";
  const value = 100 * p;
  const digits = value > 0 && value < 99.95 ? Math.max(0, Math.min(2, 2 - Math.floor(Math.log10(value)))) : 0;
  return `${value.toFixed(digits)}%`;
}

export const money = (bn) => (bn === null ? "–" : `${Number(bn.toPrecision(3))}`);

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
export const day = (iso) => DAY.format(new Date(`${iso}T00:00:00Z`));
export const seconds = (iso) => Date.parse(`${iso}T00:00:00Z`) / 1000;

export async function post(path, body, signal) {
  return fetch(path, {
    method: "POST", body: JSON.stringify(body), signal, headers: { "content-type": "application/json" },
  });
}

// Let the browser keep what the server has made.
export async function save(path, body) {
  const response = await post(path, body);
  if (!response.ok) throw new Error((await response.json()).refused);
  const name = /filename="([^"]+)"/.exec(response.headers.get("content-disposition"))[1];
  const link = make("a", { href: URL.createObjectURL(await response.blob()), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  return name;
}

// Ask, and hear the messages as they come. Aborting the signal tells the server to stop.
export async function listen(path, body, signal, hear) {
  const response = await post(path, body, signal);
  if (!response.ok) {
    const told = await response.json().catch(() => ({ refused: response.statusText }));
    hear("refused", { faults: [{ key: "", said: told.refused }], mends: [] });
    return;
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const [first, second] = part.split("\n");
      hear(first.slice("event: ".length), JSON.parse(second.slice("data: ".length)));
    }
  }
}

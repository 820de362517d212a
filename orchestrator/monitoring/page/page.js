// The page of the reference endpoint. Whatever a customer is called reaches the document as text only (textContent),
// never as markup; there is no innerHTML here.

const TOKEN = "sojourn-token";
const REFRESH = 2000; // ms between two overviews; entries come at once
const ROWS = 25;

const $ = (id) => document.getElementById(id);
const recent = new Map(); // journeys by id, the latest change last
let seen = null; // the overview shown
let lastEvent = "";
let held = false;
let failures = 0;
let waking = null;

// Asking

function headers(more = {}) {
  const token = sessionStorage.getItem(TOKEN);
  return token ? { ...more, Authorization: `Bearer ${token}` } : more;
}

class NoToken extends Error {}

async function ask(path) {
  const answer = await fetch(path, { headers: headers(), cache: "no-store" });
  if (answer.status === 401) throw new NoToken();
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
  return answer.json();
}

function askForToken() {
  $("refused").textContent = sessionStorage.getItem(TOKEN) ? "That token is none of this service." : "";
  sessionStorage.removeItem(TOKEN);
  $("ask").hidden = false;
  $("main").hidden = true;
  connection("waiting", "token needed");
  $("token").focus();
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = $("token").value.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) {
    $("refused").textContent = "A token has letters, digits and signs only.";
    return;
  }
  sessionStorage.setItem(TOKEN, token);
  $("token").value = "";
  $("ask").hidden = true;
  start();
});

// Showing

function connection(kind, text) {
  const pill = $("connection");
  if (pill.textContent !== text) pill.textContent = text;
  pill.className = `pill ${kind}`;
  $("main").classList.toggle("stale", kind === "lost");
}

function element(name, text = "", kind = "") {
  const made = document.createElement(name);
  if (text !== "") made.textContent = text;
  if (kind) made.className = kind;
  return made;
}

function cell(text, kind = "") {
  const made = element("td", String(text), kind);
  if (kind !== "n") made.title = String(text);
  return made;
}

function heading(text, small = "") {
  const made = element("th", text);
  made.scope = "row";
  made.title = text;
  if (small) made.append(" ", element("small", small));
  return made;
}

const number = (value) => value.toLocaleString("en");
const two = (value) => String(value).padStart(2, "0");

function clock(text) {
  const at = new Date(text);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function span(seconds) {
  if (seconds === null) return "–";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole >= 600 && whole < 3600) return `${Math.floor(whole / 60)} min`;
  if (whole < 600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor(whole / 60) % 60)} h`;
}

function show(overview) {
  seen = overview;
  $("main").hidden = false;
  $("at").textContent = clock(overview.at);
  $("at").dateTime = overview.at;
  const figures = {
    active: overview.journeys.active, paused: overview.journeys.paused, "started-today": overview.today.started,
    "completed-today": overview.today.completed, "gave-up-today": overview.today.gave_up,
    waiting: overview.queues.reduce((sum, queue) => sum + queue.waiting, 0),
  };
  for (const [id, value] of Object.entries(figures)) $(id).textContent = number(value);
  chart(overview.minutes);
  queues(overview.queues);
  drops(overview.drops);
}

function queues(list) {
  $("no-queues").hidden = list.length > 0;
  $("queues").replaceChildren(...list.map((queue) => {
    const row = element("tr");
    const good = queue.service_level !== null && queue.service_level >= queue.target;
    const level = element("td", queue.service_level === null ? "–" : `${(100 * queue.service_level).toFixed(0)} %`, "n");
    if (queue.service_level !== null) {
      level.classList.add(good ? "good" : "bad");
      level.textContent += good ? " ✓" : " ▼";
    }
    level.title = `answered within ${queue.within} s; the target is ${(100 * queue.target).toFixed(0)} %`;
    const late = queue.oldest !== null && queue.oldest > queue.within;
    row.append(
      heading(queue.name, queue.channel), cell(number(queue.waiting), "n"), cell(span(queue.oldest), late ? "n bad late" : "n"),
      level, cell(number(queue.answered), "n"), cell(number(queue.abandoned), "n"), cell(span(queue.asa), "n"),
      cell(number(queue.agents_available), "n"),
    );
    return row;
  }));
}

function drops(list) {
  $("no-drops").hidden = list.length > 0;
  const most = Math.max(1, ...list.map((drop) => drop.gave_up + drop.paused));
  $("drops").replaceChildren(...list.slice(0, 12).map((drop) => {
    const row = element("tr");
    const bar = element("td", "", "bar");
    const track = element("div", "", "track");
    for (const [kind, value] of [["gave-up", drop.gave_up], ["pausing", drop.paused]]) {
      const part = element("i", "", kind);
      part.style.width = `${(100 * value) / most}%`;
      track.append(part);
    }
    bar.append(track);
    row.append(heading(drop.step), bar, ...[drop.gave_up, drop.paused, drop.returned, drop.away].map((value) => cell(number(value), "n")));
    return row;
  }));
}

function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text) made.textContent = text;
  return made;
}

function ceiling(value) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, value)));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value);
}

function chart(minutes) {
  // The minute that is not over would look like a drop, and is left out.
  const whole = minutes.slice(0, -1);
  const width = Math.max(280, $("chart").clientWidth || 640), height = 170, left = 44, bottom = 22, top = 10, right = 6;
  const top_value = Math.max(4, ceiling(Math.max(...whole.map((one) => Math.max(one.started, one.completed)))));
  const x = (index) => left + ((width - left - right) * index) / (whole.length - 1);
  const y = (value) => top + (height - top - bottom) * (1 - value / top_value);
  const last = whole.at(-1);
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label":
    `Journeys per minute in the last hour. In the last whole minute ${last.started} started and ${last.completed} were completed.` });
  for (const share of [0, 0.5, 1]) {
    picture.append(svg("line", { class: "grid", x1: left, x2: width - right, y1: y(share * top_value), y2: y(share * top_value) }));
    picture.append(svg("text", { x: left - 6, y: y(share * top_value) + 4, "text-anchor": "end" }, number(share * top_value)));
  }
  const every = width < 500 ? 20 : 10;
  whole.forEach((one, index) => {
    const at = new Date(one.at);
    if (at.getMinutes() % every) return;
    const edge = index < 2 ? "start" : index > whole.length - 3 ? "end" : "middle";
    picture.append(svg("text", { x: x(index), y: height - 6, "text-anchor": edge }, `${two(at.getHours())}:${two(at.getMinutes())}`));
  });
  for (const name of ["started", "completed"]) {
    const line = whole.map((one, index) => `${index ? "L" : "M"}${x(index).toFixed(1)} ${y(one[name]).toFixed(1)}`).join("");
    if (name === "started") picture.append(svg("path", { class: "area", d: `${line}L${x(whole.length - 1)} ${y(0)}L${left} ${y(0)}Z` }));
    picture.append(svg("path", { class: `line ${name}`, d: line }));
    $(`rate-${name}`).textContent = number(last[name]);
  }
  $("chart").replaceChildren(picture);
}

const words = (type) => type.replace(/^sojourn\./, "").replaceAll(/[.-]/g, " ");

function list() {
  if (held) return;
  const shown = [...recent.values()].slice(-ROWS).reverse();
  $("no-recent").hidden = shown.length > 0;
  const focused = document.activeElement?.dataset?.journey;
  $("recent").replaceChildren(...shown.map((journey) => {
    const row = element("tr", "", journey.fresh ? "fresh" : "");
    journey.fresh = false;
    const head = element("th");
    head.scope = "row";
    const open = element("button", journey.customer, "link");
    open.type = "button";
    open.title = `${journey.customer}: show the journey`;
    open.dataset.journey = journey.id;
    open.addEventListener("click", () => detail(journey.id));
    head.append(open);
    const when = cell(clock(journey.updated), "n");
    row.append(head, cell(journey.intent), cell(journey.state, `state ${journey.state}`), cell(journey.channel),
      cell(journey.last ? words(journey.last) : "–"), when);
    return row;
  }));
  if (focused) $("recent").querySelector(`[data-journey="${CSS.escape(focused)}"]`)?.focus();
}

function happened(entry) {
  const before = recent.get(entry.journey) ?? {};
  recent.delete(entry.journey);
  recent.set(entry.journey, {
    id: entry.journey, customer: entry.customer ?? before.customer ?? "?", intent: entry.intent ?? before.intent ?? "",
    state: entry.state ?? before.state ?? "", channel: entry.channel, updated: entry.at, last: entry.type, fresh: true,
  });
  for (const id of recent.keys()) {
    if (recent.size <= 4 * ROWS) break;
    recent.delete(id);
  }
}

// One journey

async function detail(id) {
  try {
    const path = `/v1/journeys/${encodeURIComponent(id)}`;
    const [journey, history] = await Promise.all([ask(path), ask(`${path}/history?limit=200`)]);
    const next = journey.next ? `${journey.next.step ?? ""}${journey.next.channel ? ` on ${journey.next.channel}` : ""}` : "";
    const facts = {
      Who: journey.customer, "What they want": journey.intent, "How they come": journey.channel,
      "Where they stand": journey.state, "Where next": next || "nothing decided",
      Started: `${new Date(journey.started).toLocaleString("en-GB")}`, Journey: journey.id,
    };
    $("detail-title").textContent = `${journey.customer} · ${journey.intent}`;
    $("facts").replaceChildren(...Object.entries(facts).flatMap(([name, value]) => [element("dt", name), element("dd", String(value))]));
    $("history").replaceChildren(...history.items.map((entry) => {
      const row = element("tr");
      const own = entry.source.startsWith("/v1/journeys/");
      row.append(cell(entry.version, "n"), cell(clock(entry.at ?? entry.time)), cell(words(entry.type)),
        cell(entry.channel ?? ""), cell(entry.data?.step ?? ""), cell(own ? "service" : entry.source));
      return row;
    }));
    $("history-note").textContent = history.next === null ? "" : "The first 200 entries; the history has more.";
    $("context").textContent = JSON.stringify(journey.context, null, 2);
    if (!$("detail").open) $("detail").showModal();
  } catch (error) {
    if (error instanceof NoToken) askForToken();
    else connection("lost", "could not read the journey");
  }
}

// Keeping up

async function refresh() {
  const overview = await ask("/v1/overview");
  if (recent.size === 0) {
    const order = overview.recent.toSorted((one, other) => one.updated.localeCompare(other.updated));
    for (const journey of order) recent.set(journey.id, journey);
  }
  show(overview);
  list();
}

async function follow(signal) {
  const more = lastEvent ? { "Last-Event-ID": lastEvent } : {};
  const answer = await fetch("/v1/live", { headers: headers(more), signal, cache: "no-store" });
  if (answer.status === 401) throw new NoToken();
  if (!answer.ok) throw new Error(`the feed answered ${answer.status}`);
  failures = 0;
  connection("live", "live");
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    parts.forEach(message);
    if (parts.length) list();
  }
}

function message(text) {
  const fields = {};
  for (const line of text.split("\n")) {
    const at = line.indexOf(":");
    if (at > 0) fields[line.slice(0, at)] = line.slice(at + 1).trimStart();
  }
  if (fields.id) lastEvent = fields.id;
  if (fields.event === "reset") recent.clear();
  if (fields.event === "entry") happened(JSON.parse(fields.data));
}

async function start() {
  waking?.abort();
  const control = (waking = new AbortController());
  const pause = (ms) => new Promise((resume) => setTimeout(resume, ms));
  const polling = async () => {
    while (!control.signal.aborted) {
      if (!document.hidden || seen === null) await refresh();
      await pause(REFRESH);
    }
  };
  const following = async () => {
    while (!control.signal.aborted) {
      await follow(control.signal);
      connection("waiting", "reconnecting");
      await pause(500);
    }
  };
  try {
    await Promise.all([polling(), following()]);
  } catch (error) {
    if (control.signal.aborted && waking !== control) return;
    control.abort();
    if (error instanceof NoToken) return askForToken();
    failures += 1;
    connection("lost", seen ? `connection lost at ${clock(seen.at)}, trying again` : "no connection, trying again");
    await pause(Math.min(10000, 1000 * 2 ** Math.min(failures - 1, 4)));
    if (waking === control) start();
  }
}

// Buttons

$("close").addEventListener("click", () => $("detail").close());
$("hold").addEventListener("click", () => {
  held = !held;
  $("hold").setAttribute("aria-pressed", String(held));
  list();
});

const THEMES = ["auto", "light", "dark"];

function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = `◐ ${name}`;
  $("theme").setAttribute("aria-label", `Theme: ${name}. Press for the next one.`);
  localStorage.setItem("sojourn-theme", name);
}

$("theme").addEventListener("click", () => {
  const now = localStorage.getItem("sojourn-theme") ?? "auto";
  theme(THEMES[(THEMES.indexOf(now) + 1) % THEMES.length]);
});
theme(THEMES.includes(localStorage.getItem("sojourn-theme")) ? localStorage.getItem("sojourn-theme") : "auto");
window.addEventListener("resize", () => seen && chart(seen.minutes));
start();

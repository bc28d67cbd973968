"use strict";
// The page for OBS. Its query chooses what is shown:
//   view=list|boxes   names in a column, or quads over a capture of the game of the same size
//   types=Joker,Tarot only these types
//   notice=no         nothing is said when the overlay is not there

const query = new URLSearchParams(location.search);
const view = query.get("view") === "boxes" ? "boxes" : "list";
const types = query.has("types") ? new Set(query.get("types").split(",")) : null;
const colours = {
  "Joker": "#f5b041", "Playing Card": "#dfe6ea", "Tarot": "#b48be0", "Planet": "#4fc3d9",
  "Spectral": "#6f8cff", "Voucher": "#f2784b", "Booster": "#7bc86c", "Deck": "#8a97a3",
};
const list = document.getElementById("list");
const boxes = document.getElementById("boxes");
const notice = document.getElementById("notice");
// An SVG element has the attribute, but no property of that name.
(view === "boxes" ? boxes : list).removeAttribute("hidden");

let cards = new Map();
let frame = [0, 0];
let drawing = false;

/** Applies one event; the first of a connection is always a snapshot. */
function apply(event) {
  switch (event.event) {
    case "snapshot":
      cards = new Map(event.cards.map((card) => [card.track, card]));
      frame = event.frame;
      say(event.state);
      break;
    case "appear":
    case "change":
      cards.set(event.card.track, event.card);
      break;
    case "move":
      if (cards.has(event.track)) cards.get(event.track).quad = event.quad;
      break;
    case "leave":
      cards.delete(event.track);
      break;
    case "state":
      frame = event.frame;
      say(event.state);
      break;
  }
  drawSoon();
}

/** Several events at once are drawn once. A timer, for pages that are not in view get no animation frames. */
function drawSoon() {
  if (!drawing) {
    drawing = true;
    setTimeout(draw, 15);
  }
}

function say(state) {
  const words = { paused: "paused", waiting: "waiting for the game", absent: "the overlay does not run" };
  notice.textContent = words[state] || "";
  notice.hidden = query.get("notice") === "no" || !words[state];
}

function draw() {
  drawing = false;
  const shown = [...cards.values()].filter((card) => !types || types.has(card.type));
  if (view === "list") {
    list.replaceChildren(...shown.map(item));
  } else {
    const [width, height] = frame;
    boxes.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    boxes.replaceChildren(...shown.flatMap(box));
  }
}

function item(card) {
  const entry = document.createElement("li");
  entry.dataset.track = card.track;
  entry.style.setProperty("--kind", colours[card.type] || "#bebebe");
  entry.append(card.name || "unknown");
  const words = modifiers(card);
  if (words) {
    const small = document.createElement("small");
    small.textContent = words;
    entry.append(small);
  }
  return entry;
}

function box(card) {
  const svg = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);
  const polygon = svg("polygon");
  polygon.setAttribute("points", card.quad.map((corner) => corner.join(",")).join(" "));
  polygon.style.setProperty("--kind", colours[card.type] || "#bebebe");
  const text = svg("text");
  const [left, right] = card.quad;
  text.setAttribute("x", (left[0] + right[0]) / 2);
  text.setAttribute("y", Math.max(frame[1] / 40, Math.min(left[1], right[1]) - frame[1] / 180));
  text.setAttribute("font-size", frame[1] / 45);
  text.textContent = card.name || "unknown";
  return [polygon, text];
}

function modifiers(card) {
  const it = card.modifiers;
  const words = [];
  if (it.edition !== "base") words.push(it.edition);
  if (it.enhancement !== "none") words.push(it.enhancement);
  if (it.seal !== "none") words.push(`${it.seal} seal`);
  words.push(...it.stickers);
  if (it.debuffed) words.push("debuffed");
  return words.join(", ");
}

function connect() {
  const moves = view === "boxes" ? "yes" : "no";
  const socket = new WebSocket(`ws://${location.host}/v1/stream?moves=${moves}`);
  socket.onmessage = (message) => apply(JSON.parse(message.data));
  socket.onclose = () => {
    cards.clear();
    say("absent");
    drawSoon();
    setTimeout(connect, 2000);
  };
}

// The first picture comes by a plain request, which is quicker than a socket; then the socket tells everything anew.
fetch("/v1/cards")
  .then((answer) => answer.json())
  .then((now) => apply({ ...now, event: "snapshot" }))
  .catch(() => say("absent"))
  .finally(connect);

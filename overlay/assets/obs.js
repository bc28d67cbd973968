"use strict";
// The page for OBS. Its query chooses what is shown:
//   view=list|boxes   names in a column, or quads over a capture of the game of the same size
//   types=Joker,Tarot only these types
//   notice=no         nothing is said when the overlay is not there
//   texts=yes         the list says below each name what the card does
//
// Names, colours and the places of chips are those of the overlay: shared/marks/src/scene.

const query = new URLSearchParams(location.search);
const view = query.get("view") === "boxes" ? "boxes" : "list";
const types = query.has("types") ? new Set(query.get("types").split(",")) : null;
const UNKNOWN = "#ffe14a";
const kinds = {
  "Joker": "#ff9d3d", "Playing Card": "#4fc3f7", "Tarot": "#c08cff", "Planet": "#2fdcc4",
  "Spectral": "#7b93ff", "Voucher": "#ff6f61", "Booster": "#8be05b", "Deck": "#d4dbe6",
};
const editions = { foil: "#8fd8ff", holographic: "#ff74d4", polychrome: "#7dffa8", negative: "#ff4b6e" };
const words = {
  bonus: "#6fb7ff", blue: "#6fb7ff", mult: "#ff7a70", red: "#ff7a70", wild: "#d6a2ff", lucky: "#9fe870",
  glass: "#b8ecff", steel: "#c9d2de", stone: "#b5ab9c", gold: "#ffd65c", purple: "#c88cff",
  eternal: "#ff95b8", perishable: "#8fa8ff", rental: "#e3c26a", debuffed: "#ff5c5c",
};
const suits = { Spades: ["♠", "#b9c7ff"], Hearts: ["♥", "#ff6b81"], Clubs: ["♣", "#7fe0b0"], Diamonds: ["♦", "#ffb35c"] };
const RANKS = ["Ace", "King", "Queen", "Jack", "10", "9", "8", "7", "6", "5", "4", "3", "2"];
const list = document.getElementById("list");
const boxes = document.getElementById("boxes");
const notice = document.getElementById("notice");
const panel = document.getElementById("panel");
const texts = query.get("texts") === "yes";
// An SVG element has the attribute, but no property of that name.
(view === "boxes" ? boxes : list).removeAttribute("hidden");

let cards = new Map();
let frame = [0, 0];
let drawing = false;
/** Lines that were shown before: only new ones fade in. */
let listed = new Set();
/** The place of each card's chip in the picture before, by track: chips must not jump. */
let places = new Map();
/** Where the pointer rests, in pixels of the page; nowhere when it has left. */
let pointer = null;

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
  const said = { paused: "paused", waiting: "waiting for the game", absent: "the overlay does not run" };
  notice.textContent = said[state] || "";
  notice.hidden = query.get("notice") === "no" || !said[state];
}

function draw() {
  drawing = false;
  const shown = [...cards.values()].filter((card) => !types || types.has(card.type));
  if (view === "list") {
    const lines = counted(ordered(shown)).map(([card, count]) => item(card, count));
    list.replaceChildren(...lines);
    listed = new Set(lines.map((line) => line.ariaLabel));
  } else {
    const [width, height] = frame;
    boxes.setAttribute("viewBox", `0 0 ${width || 1} ${height || 1}`);
    boxes.replaceChildren(...picture(shown));
  }
  explain();
}

/** Shows what is known of the card below the pointer. The page's own panel: OBS draws no hints of a browser. */
function explain() {
  const below = pointer && document.elementFromPoint(...pointer);
  const owner = below && below.closest("[data-track]");
  const card = owner && cards.get(Number(owner.dataset.track));
  panel.hidden = !card;
  if (!card) return;
  const [name, ...lines] = told(card);
  const title = document.createElement("b");
  title.textContent = name;
  panel.style.setProperty("--kind", kinds[card.type] || UNKNOWN);
  panel.replaceChildren(title, ...lines.map(paragraph));
  const { width, height } = panel.getBoundingClientRect();
  const [x, y] = pointer;
  const across = x + 18 + width <= innerWidth ? x + 18 : x - 18 - width;
  panel.style.left = `${Math.max(across, 4)}px`;
  panel.style.top = `${Math.max(Math.min(y + 18, innerHeight - height - 4), 4)}px`;
}

function paragraph(text) {
  const line = document.createElement("p");
  line.textContent = text;
  return line;
}

addEventListener("pointermove", (event) => {
  pointer = [event.clientX, event.clientY];
  explain();
});
document.addEventListener("pointerleave", () => {
  pointer = null;
  explain();
});

/** By type, playing cards by rank and suit, unknown ones last; the others stay as they came. */
function ordered(shown) {
  const at = (all, one) => (all.includes(one) ? all.indexOf(one) : all.length);
  const keys = new Map(shown.map((card) => {
    const [rank, suit] = card.type === "Playing Card" ? card.name.split(" of ") : [];
    return [card, [at(Object.keys(kinds), card.type), at(RANKS, rank), at(Object.keys(suits), suit)]];
  }));
  const compare = (a, b) => a.map((it, place) => it - b[place]).find((difference) => difference !== 0) || 0;
  return [...shown].sort((a, b) => compare(keys.get(a), keys.get(b)));
}

/** Cards that read the same are one line with their number. */
function counted(shown) {
  const lines = new Map();
  for (const card of shown) {
    const key = JSON.stringify([card.id, card.modifiers]);
    if (card.id === null || !lines.has(key)) lines.set(card.id === null ? card.track : key, [card, 0]);
    lines.get(card.id === null ? card.track : key)[1] += 1;
  }
  return [...lines.values()];
}

/** Pieces of a name with their colours, as the overlay writes them: A♠ for the ace of spades. */
function short(card) {
  if (!card.name) return [["unknown", UNKNOWN]];
  const parts = card.type === "Playing Card" ? card.name.split(" of ") : [];
  const suit = suits[parts[1]];
  if (parts.length !== 2 || !suit) return [[card.name, "#fff"]];
  const rank = /^(Ace|King|Queen|Jack)$/.test(parts[0]) ? parts[0][0] : parts[0];
  return [[rank, "#fff"], suit];
}

function item(card, count) {
  const entry = document.createElement("li");
  entry.dataset.track = card.track;
  entry.ariaLabel = told(card).join("\n");
  if (!listed.has(entry.ariaLabel)) entry.className = "new";
  entry.style.setProperty("--kind", kinds[card.type] || UNKNOWN);
  const piece = (name, [text, colour]) => {
    const element = document.createElement(name);
    element.textContent = text;
    element.style.color = colour;
    return element;
  };
  entry.append(...short(card).map((it) => piece("span", it)));
  if (count > 1) {
    const times = document.createElement("span");
    times.className = "count";
    times.textContent = ` ×${count}`;
    entry.append(times);
  }
  entry.append(...worn(card).map((it) => piece("small", it)));
  if (texts) entry.append(...(card.text || []).map(paragraph));
  return entry;
}

/** What is on a card beside its name, each word in its colour. */
function worn(card) {
  const it = card.modifiers;
  const capital = (word) => word[0].toUpperCase() + word.slice(1);
  const found = [];
  if (editions[it.edition]) found.push([capital(it.edition), editions[it.edition]]);
  if (it.enhancement !== "none") found.push([capital(it.enhancement), words[it.enhancement] || "#d4dbe6"]);
  if (it.seal !== "none") found.push([`${capital(it.seal)} seal`, words[it.seal] || "#d4dbe6"]);
  for (const sticker of it.stickers) found.push([capital(sticker), words[sticker] || "#d4dbe6"]);
  if (it.debuffed) found.push(["Debuffed", words.debuffed]);
  return found;
}

/** Lines that are read when the pointer rests on a card. */
function told(card) {
  const lines = [card.name || "Unknown card"];
  const kind = [card.type, card.rarity].filter(Boolean).join(", ");
  if (kind) lines.push(kind);
  lines.push(...worn(card).map(([text]) => text));
  if (!card.name && card.guesses.length) lines.push(`Perhaps ${card.guesses.map((it) => it.name).join(" or ")}`);
  return lines.concat(card.text || []);
}

const brush = document.createElement("canvas").getContext("2d");

function width(text, size) {
  brush.font = `700 ${size}px "DejaVu Sans", "Segoe UI", system-ui, sans-serif`;
  return brush.measureText(text).width;
}

function svg(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** The box that encloses a quad: left, top, right, bottom. */
function bounds(quad) {
  const [xs, ys] = [quad.map((it) => it[0]), quad.map((it) => it[1])];
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

function shared(a, b) {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return across > 0 && down > 0 ? across * down : 0;
}

/** All boxes, then all chips, so that no box is drawn over a name. */
function picture(shown) {
  const sorted = [...shown].sort((a, b) => bounds(a.quad)[0] - bounds(b.quad)[0]);
  const outlines = sorted.map((card) => bounds(card.quad));
  const drawn = sorted.flatMap(outline);
  const taken = [];
  const kept = new Map();
  sorted.forEach((card, own) => {
    const chip = chipOf(card, outlines, own);
    const [at, slot] = place(chip, outlines, own, taken, places.get(card.track));
    taken.push(at);
    kept.set(card.track, slot);
    drawn.push(...chipAt(card, chip, at));
  });
  places = kept;
  return drawn;
}

function outline(card) {
  const points = card.quad.map((corner) => corner.join(",")).join(" ");
  const edge = svg("polygon", { points, class: "edge", "data-track": card.track, "aria-label": told(card).join("\n") });
  edge.style.setProperty("--kind", kinds[card.type] || UNKNOWN);
  return [svg("polygon", { points, class: "casing" }), edge];
}

/** The lines of a chip and its size: what is on the card goes below the name where cards crowd. */
function chipOf(card, outlines, own) {
  const size = Math.max(frame[1] / 45, 8);
  const name = short(card).map(([text, colour]) => [text, colour, size]);
  const details = worn(card).map(([text, colour]) => [text, colour, size * 0.72]);
  const measure = (lines) => {
    const widths = lines.map((line) => line.reduce((sum, [text, , size]) => sum + width(text, size), 0));
    const heights = lines.map((line) => Math.max(...line.map(([, , size]) => size)) * 1.25);
    return { lines, heights, size: [Math.max(...widths) + size * 0.8, heights.reduce((a, b) => a + b, 0) + size * 0.2] };
  };
  const one = measure([name.concat(details.map(([text, colour, size]) => [` ${text}`, colour, size]))]);
  const card_width = outlines[own][2] - outlines[own][0];
  const next = outlines.filter((it, at) => at > own && shared(it, outlines[own]) > 0).map((it) => it[0]);
  const room = Math.max(Math.min(card_width, ...next.map((left) => left - outlines[own][0])), size);
  return one.size[0] <= Math.max(room, card_width * 0.6) || !details.length ? one : measure([name, ...details.map((it) => [it])]);
}

/** The cheapest of a few places: above, inside, below, raised; never on another chip if that can be. */
function place(chip, outlines, own, taken, before) {
  const [wide, high] = chip.size;
  const card = outlines[own];
  const gap = 3;
  const next = outlines.filter((it, at) => at > own && shared(it, card) > 0).map((it) => it[0]);
  const right = Math.min(card[2], ...next);
  const middle = (card[0] + Math.max(right, card[0] + Math.min(wide, card[2] - card[0]))) / 2;
  const slots = [
    ["above", card[1] - high - gap, 0], ["inside top", card[1] + gap, 0.5], ["below", card[3] + gap, 0.7],
    ["inside bottom", card[3] - high - gap, 0.8], ["above 1", card[1] - 2 * (high + gap), 0.9],
    ["below 1", card[3] + high + 2 * gap, 1.3], ["middle", (card[1] + card[3] - high) / 2, 1.4],
    ["above 2", card[1] - 3 * (high + gap), 1.6], ["below 2", card[3] + 2 * high + 3 * gap, 1.9],
  ];
  let best = null;
  for (const [slot, top, price] of slots) {
    const left = Math.min(Math.max(middle - wide / 2, 2), Math.max(frame[0] - wide - 2, 2));
    const at = [left, top, left + wide, top + high];
    const area = wide * high;
    const on = (others, skip) => others.reduce((sum, it, index) => sum + (index === skip ? 0 : shared(at, it) / area), 0);
    const outside = top < 0 || top + high > frame[1] ? 20 : 0;
    const covered = on(taken, -1);
    const cost = price + 12 * covered + (covered > 0 ? 2 : 0) + 0.5 * on(outlines, own) + outside + (before && before !== slot ? 0.45 : 0);
    if (!best || cost < best[0]) best = [cost, at, slot];
  }
  return [best[1], best[2]];
}

function chipAt(card, chip, [left, top]) {
  const [wide, high] = chip.size;
  const size = chip.lines[0][0][2];
  const round = (value) => Math.round(value * 10) / 10;
  const box = { x: round(left), y: round(top), width: round(wide), height: round(high), rx: round(size * 0.2) };
  const ground = svg("rect", { ...box, class: "chip", "data-track": card.track });
  const bar = svg("rect", { x: box.x, y: box.y, width: round(size * 0.18), height: box.height, class: "kind" });
  bar.style.setProperty("--kind", kinds[card.type] || UNKNOWN);
  let baseline = top + size * 0.1;
  const texts = chip.lines.map((line, at) => {
    baseline += chip.heights[at];
    const text = svg("text", { x: round(left + size * 0.45), y: round(baseline - chip.heights[at] * 0.28) });
    for (const [piece, colour, size] of line) {
      const span = svg("tspan", { "font-size": round(size), fill: colour });
      span.textContent = piece;
      text.append(span);
    }
    return text;
  });
  return [ground, bar, ...texts];
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

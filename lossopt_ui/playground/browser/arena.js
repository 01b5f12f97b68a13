// The playground in the browser: plays the frames that the server trains ahead, draws them from
// their weights, and sends what the visitor changes.

import { drawCurve, drawLosses, rangeOf } from "./curves.js";
import { addChunk, frameAt, lastUpdate, noFrames } from "./frames.js";
import { channels, drawPlane, hasRings, newPlane, SHAPES } from "./plane.js";
import { featureAt } from "./scoring.js";

const OPENING = 5; // seconds in which the updates made before the page opened are played
const SECONDS_LEFT = 2; // of frames, when more are asked for
const LONGEST_WAIT = 5000; // milliseconds for an answer
const NUDGE = 0.05; // distance that an arrow key moves a point
const STILL = 350; // milliseconds after the last key until a nudged point is sent
const MOVED = 4; // pixels of movement that turn a press into a drag
const REACH = 0.037; // of the side around a point, in which the pointer selects it
const NUMBERS_EVERY = 100; // milliseconds between changes of the numbers while playing
const CURVES_EVERY = 100; // milliseconds between two drawings of the curves while playing
const CALM = 500; // milliseconds between two pictures with reduced motion
const MOST_WEIGHTS = 60; // that can be edited by hand here
const THUMBNAIL = 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const make = (name, attributes = {}, ...children) => {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.replaceChildren(...children);
  return element;
};

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// ---- Asking the server: one event at a time; a newer drag replaces an older one.

const send = (root, kind, content = {}) => {
  if (kind !== "more") arrive(root);
  const last = root.queue.at(-1);
  if (kind === "drag" && last?.kind === "drag") root.queue.pop();
  if (kind === "more" && (root.waiting || root.queue.length)) return;
  root.queue.push({ kind, count: root.data.points.length, ...content });
  flush(root);
};

const flush = (root) => {
  if (root.waiting || root.queue.length === 0) return;
  root.number = Math.max(root.number, root.data.answered) + 1;
  root.waiting = root.number;
  root.asked = performance.now();
  clearTimeout(root.patience);
  root.patience = setTimeout(() => answered(root, root.number), LONGEST_WAIT);
  const position = Math.min(Math.round(root.position), lastUpdate(root.frames));
  root.opening = false;
  const event = { ...root.queue.shift(), number: root.number, position, playing: root.playing };
  root.setTriggerValue("event", event);
};

const answered = (root, number) => {
  if (!root.waiting || number < root.waiting) return;
  root.waiting = 0;
  clearTimeout(root.patience);
  flush(root);
};

// ---- Playing

const ended = (root) => root.data.over && root.position >= lastUpdate(root.frames);

const setPlaying = (root, playing) => {
  root.playing = playing;
  root.last = undefined;
  if (!playing) root.opening = false;
  root.ui.play.textContent = playing ? "Pause" : "Play";
  if (playing) askForMore(root);
  schedule(root);
};

// The first thing that a visitor sees is training itself, without a click, and how it ends.
const playOpening = (root) => {
  root.opening = true;
  root.position = 0;
  setPlaying(root, true);
};

const askForMore = (root) => {
  if (root.opening) return;
  const left = (lastUpdate(root.frames) - root.position) / root.data.perSecond;
  if (left < SECONDS_LEFT && !root.data.over) send(root, "more");
};

const pause = (root) => {
  setPlaying(root, false);
  root.position = Math.floor(root.position);
  send(root, "pause");
};

const advance = (root, now) => {
  const passed = root.last === undefined ? 0 : Math.min(100, now - root.last);
  root.last = now;
  const end = lastUpdate(root.frames);
  const pace = root.opening ? end / OPENING : root.data.perSecond;
  root.position = Math.min(end, root.position + (passed / 1000) * pace);
  if (root.opening && root.position === end) return setPlaying(root, false);
  askForMore(root);
  if (ended(root)) pause(root);
};

const schedule = (root) => {
  root.due ??= requestAnimationFrame((now) => {
    root.due = undefined;
    if (!root.ui.sides.isConnected) return;
    if (root.playing) advance(root, now);
    const wait = root.playing && calm() && now - (root.painted ?? 0) < CALM;
    if (!wait) paint(root, now);
    if (root.playing) schedule(root);
  });
};

// ---- Painting

const paint = (root, now) => {
  const { frames, data, look } = root;
  if (frames.updates.length === 0) return;
  root.painted = now;
  const at = frameAt(frames, root.position);
  root.at = at;
  root.seen = Math.min(Math.max(root.seen, at), frames.updates.length - 1);
  const points = shownPoints(root);
  root.planes.forEach(({ plane, canvas }, place) => {
    const { weights, pulls } = frames.sides[place];
    const scene = { points, tests: data.tests, pulls: pulls[at], selected: root.selected };
    drawPlane(plane, canvas, weights[at], look, scene);
  });
  if (!root.playing || now - (root.drawn ?? 0) >= CURVES_EVERY) {
    root.drawn = now;
    paintCurves(root, at, points);
  }
  if (!root.playing || now - (root.told ?? 0) >= NUMBERS_EVERY) {
    root.told = now;
    tell(root, at);
  }
};

// Everything but the planes, less often: one looks at these later.
const paintCurves = (root, at, points) => {
  const { frames, data, look } = root;
  const seen = root.playing ? at : Math.max(at, root.seen);
  const range = rangeOf(frames.sides, seen, data.options.log_y.value);
  const labels = points.map((point) => point[2]);
  data.sides.forEach((side, place) => {
    const { curve, bars } = root.planes[place];
    const colour = side.colour[root.theme];
    drawCurve(curve, frames.sides[place], frames.updates, seen, at, range, colour, look);
    drawLosses(bars, frames.sides[place].losses[at], labels, look);
  });
  drawLinks(root, at);
};

const percent = (share) => `${Math.round(100 * share)} %`;

const short = (value) =>
  Number.isFinite(value) ? value.toPrecision(4).replace(/e\+?/, "e") : "not finite";

const numbersOf = (root, place, at) => {
  const { rows, pulls } = root.frames.sides[place];
  const [objective, dataLoss, penalty, accuracy, testLoss, testAccuracy] = rows[at];
  const active = pulls[at].reduce((count, pull) => count + (pull > 0), 0);
  const tested = Number.isNaN(testLoss)
    ? ""
    : ` · test loss ${short(testLoss)}, test accuracy ${percent(testAccuracy)}`;
  return (
    `Objective ${short(objective)} = data loss ${short(dataLoss)} + penalty ${short(penalty)}` +
    ` · accuracy ${percent(accuracy)}${tested} · ${active} of ${pulls[at].length} points active`
  );
};

const tell = (root, at) => {
  const { frames, ui } = root;
  const [update, end] = [frames.updates[at], lastUpdate(frames)];
  ui.travel.max = end;
  ui.travel.value = update;
  const words = `Update ${update.toLocaleString("en")}`;
  ui.output.textContent = root.playing ? words : `${words} of ${end.toLocaleString("en")}`;
  const spoken = root.planes.map((_, place) => numbersOf(root, place, at));
  ui.travel.setAttribute("aria-valuetext", `${words}. ${spoken.join(". ")}`);
  root.planes.forEach(({ canvas, numbers }, place) => {
    numbers.textContent = spoken[place];
    canvas.setAttribute(
      "aria-label",
      `The plane after ${update} updates. ${spoken[place]}. Arrow keys move the selected point.`,
    );
  });
  ui.play.disabled = ended(root) && !root.playing;
  ui.step.disabled = ui.steps.disabled = root.playing || ended(root);
  showWeights(root, at);
};

// Lines from the pictures of the features in use to each plane, as thick as the weights.
const drawLinks = (root, at) => {
  const { links } = root.ui;
  const context = links.getContext("2d");
  context.clearRect(0, 0, links.width, links.height);
  const r = root.look.ratio;
  const classes = root.classes;
  root.data.sides.forEach(({ names, terms }, place) => {
    const weights = root.frames.sides[place].weights[at];
    const to = root.ends.planes[place];
    names.forEach((_, k) => {
      const from = root.ends.pieces[JSON.stringify(terms[k])];
      if (from === undefined) return;
      for (let label = 0; label < classes; label++) {
        const weight = weights[label * (names.length + 1) + k];
        if (!Number.isFinite(weight)) continue;
        context.strokeStyle = root.look.colours[label];
        context.lineWidth = Math.min(7, 0.6 + 1.6 * Math.abs(weight)) * r;
        context.setLineDash(weight < 0 ? [4 * r, 4 * r] : []);
        context.beginPath();
        const [x, y] = [(from + 5 * (label - (classes - 1) / 2)) * r, links.height];
        context.moveTo(x, 0);
        context.bezierCurveTo(x, 0.6 * y, (to + 5 * label) * r, 0.4 * y, (to + 5 * label) * r, y);
        context.stroke();
      }
    });
  });
};

const measure = (root) => {
  const { links, pieces } = root.ui;
  const left = links.getBoundingClientRect().left;
  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return box.left + box.width / 2 - left;
  };
  root.ends = {
    planes: root.planes.map(({ canvas }) => middle(canvas)),
    pieces: Object.fromEntries(
      [...pieces.children].map((button) => [button.dataset.term, middle(button)]),
    ),
  };
  const fit = (canvas) => {
    const box = canvas.getBoundingClientRect();
    const [width, height] = [box.width, box.height].map((each) =>
      Math.round(each * root.look.ratio),
    );
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
  };
  root.planes.forEach(({ canvas, curve, bars }) => {
    [canvas, curve, bars].forEach(fit);
    canvas.height = canvas.width;
  });
  fit(links);
};

// ---- Points

const shownPoints = (root) => {
  if (!root.dragged) return root.data.points;
  const points = [...root.data.points];
  const { index, x, y } = root.dragged;
  if (points[index]) points[index] = [x, y, points[index][2]];
  return points;
};

const showStatus = (root) => {
  const { classes } = root.data;
  const points = shownPoints(root);
  if (root.selected === null) {
    root.ui.status.textContent =
      "Drag a point to move it. Click an empty spot to add a point of class" +
      ` ${classes[root.label].name}.`;
    return;
  }
  const [x, y, label] = points[root.selected];
  root.ui.status.textContent =
    `Point ${root.selected + 1} of ${points.length}: class ${classes[label].name} at` +
    ` ${x.toFixed(2)}, ${y.toFixed(2)}. Arrow keys move it, letters change its class, Delete` +
    " removes it.";
};

const showTools = (root) => {
  const { selected, data } = root;
  const present = selected === null ? root.label : data.points[selected][2];
  root.ui.classes.querySelectorAll("button").forEach((button, label) => {
    button.setAttribute("aria-pressed", label === present);
    button.querySelector("path").setAttribute("fill", root.look.colours[label]);
  });
  root.ui.delete.disabled = selected === null;
  showStatus(root);
};

const select = (root, index) => {
  root.selected = index;
  showTools(root);
  schedule(root);
};

const choose = (root, label) => {
  if (root.selected !== null) send(root, "label", { index: root.selected, label });
  root.label = label;
  showTools(root);
};

const remove = (root) => {
  if (root.selected === null) return;
  send(root, "delete", { index: root.selected });
  select(root, null);
};

// Position of the pointer in the plane, clipped to the square.
const placeAt = (root, event) => {
  const { side } = root.data;
  const box = event.currentTarget.getBoundingClientRect();
  const inside = (share) => Math.min(side, Math.max(-side, (2 * share - 1) * side));
  return [
    inside((event.clientX - box.left) / box.width),
    inside(1 - (event.clientY - box.top) / box.height),
  ];
};

const nearest = (root, [x, y]) => {
  const far = shownPoints(root).map((point) => Math.hypot(point[0] - x, point[1] - y));
  const least = Math.min(...far);
  return least <= 2 * root.data.side * REACH ? far.indexOf(least) : null;
};

const press = (root, event) => {
  if (event.button !== 0) return;
  const index = nearest(root, placeAt(root, event));
  root.pressed = { index, x: event.clientX, y: event.clientY, moved: false };
  if (index === null) return;
  event.currentTarget.setPointerCapture(event.pointerId);
  select(root, index);
};

const moveTo = (root, index, [x, y]) => {
  root.dragged = { index, x, y };
  showStatus(root);
  schedule(root);
};

const drag = (root, event) => {
  const { pressed } = root;
  if (!pressed) {
    event.currentTarget.style.cursor =
      nearest(root, placeAt(root, event)) === null ? "crosshair" : "grab";
    return;
  }
  pressed.moved ||= Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > MOVED;
  if (!pressed.moved || pressed.index === null) return;
  moveTo(root, pressed.index, placeAt(root, event));
  send(root, "drag", root.dragged);
};

const settle = (root) => {
  root.settling = root.number + root.queue.length + 1;
  send(root, "move", root.dragged);
};

const release = (root, event) => {
  const { pressed } = root;
  root.pressed = null;
  if (!pressed) return;
  if (pressed.index !== null && pressed.moved) {
    root.queue = root.queue.filter(({ kind }) => kind !== "drag");
    settle(root);
  } else if (pressed.index === null && !pressed.moved) {
    if (root.selected !== null) return select(root, null);
    const [x, y] = placeAt(root, event);
    send(root, "add", { x, y, label: root.label });
  }
};

const nudge = (root, [across, up]) => {
  const { side } = root.data;
  const index = root.selected ?? 0;
  const point = shownPoints(root)[index];
  if (!point) return;
  root.selected = index;
  const inside = (place) => Math.min(side, Math.max(-side, place));
  moveTo(root, index, [inside(point[0] + across * NUDGE), inside(point[1] + up * NUDGE)]);
  showTools(root);
  clearTimeout(root.arriving);
  root.arriving = setTimeout(() => arrive(root), STILL);
};

// Send a nudged point now, where it is; until then answers to other events leave it there.
const arrive = (root) => {
  if (root.arriving === undefined) return;
  clearTimeout(root.arriving);
  root.arriving = undefined;
  settle(root);
};

const key = (root, event) => {
  const label = root.data.classes.findIndex(({ name }) => name === event.key.toUpperCase());
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (ARROWS[event.key]) nudge(root, ARROWS[event.key]);
  else if (event.key === "Delete" || event.key === "Backspace") remove(root);
  else if (event.key === "Escape") select(root, null);
  else if (label >= 0) choose(root, label);
  else return;
  // Letters would trigger Streamlit's shortcuts, and arrow keys would scroll the page.
  event.preventDefault();
  event.stopPropagation();
};

// ---- Weights by hand

const showWeights = (root, at) => {
  const { weights: details } = root.ui;
  const [{ names }] = root.data.sides;
  const numbers = root.frames.sides[0].weights[at];
  details.hidden = numbers.length > MOST_WEIGHTS;
  if (details.hidden || !details.open) return;
  const fields = details.querySelectorAll("input");
  const focused = root.getRootNode().activeElement;
  fields.forEach((field, k) => {
    if (field !== focused) field.value = Number(numbers[k].toPrecision(4));
  });
  if (fields.length !== numbers.length) fillWeights(root, [...names, "b"], at);
};

const fillWeights = (root, names, at) => {
  const heads = names.map((name) => make("th", { scope: "col" }, name));
  const rows = Array.from({ length: root.classes }, (_, label) => {
    const cells = names.map((name, feature) => {
      const field = make("input", {
        type: "number",
        step: "any",
        "aria-label": `Weight of ${name} for class ${root.data.classes[label].name}`,
      });
      field.addEventListener("change", () => {
        if (field.value !== "") send(root, "weight", { label, feature, value: field.value });
      });
      return make("td", {}, field);
    });
    return make("tr", {}, make("th", { scope: "row" }, root.data.classes[label].name), ...cells);
  });
  const table = root.ui.weights.querySelector("table");
  table.replaceChildren(make("tr", {}, make("td"), ...heads), ...rows);
  showWeights(root, at);
};

// ---- Building the elements once

const svgOf = (symbol) => {
  const space = "http://www.w3.org/2000/svg";
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", SHAPES[symbol]);
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "-1.4 -1.4 2.8 2.8");
  svg.setAttribute("aria-hidden", true);
  svg.append(path);
  return svg;
};

const picture = (draw) => {
  const canvas = make("canvas", { width: THUMBNAIL, height: THUMBNAIL, "aria-hidden": true });
  draw(canvas.getContext("2d"));
  return canvas;
};

const thumbnailOf = (root, points) =>
  picture((context) => {
    for (const [x, y, label] of points) {
      context.fillStyle = root.look.colours[label];
      const at = (value) => (THUMBNAIL * (value / root.data.side + 1)) / 2;
      context.fillRect(at(x) - 1.5, THUMBNAIL - at(y) - 1.5, 3, 3);
    }
  });

const pictureOf = (root, term) =>
  picture((context) => {
    const image = new ImageData(THUMBNAIL, THUMBNAIL);
    const [low, high] = root.look.colours.map(channels);
    for (let place = 0; place < THUMBNAIL ** 2; place++) {
      const at = (k) => root.data.side * ((2 * k) / (THUMBNAIL - 1) - 1);
      const row = THUMBNAIL - 1 - Math.floor(place / THUMBNAIL);
      const value = featureAt(term, at(place % THUMBNAIL), at(row));
      image.data.set(value < 0 ? low : high, 4 * place);
      image.data[4 * place + 3] = 255 * Math.min(1, Math.abs(value));
    }
    context.putImageData(image, 0, 0);
  });

const buildSets = (root) => {
  const { sets, options } = root.data;
  const { points } = options;
  const buttons = sets.map(({ name, label, points: some }) => {
    const button = make("button", { type: "button", "aria-pressed": points.value === name },
      thumbnailOf(root, some), label); // biome-ignore format: one call
    button.dataset.name = `points-${name}`;
    button.disabled = points.disabled;
    button.addEventListener("click", () => send(root, "option", { name: "points", value: name }));
    return button;
  });
  root.ui.sets.replaceChildren(...buttons);
  root.ui.sets.hidden = points.hidden;
};

const buildPieces = (root) => {
  const { all, chosen, hidden, disabled } = root.data.pieces;
  const buttons = all.map(({ name, label, term }) => {
    const button = make("button", { type: "button", "aria-pressed": chosen.includes(name) },
      pictureOf(root, term), label); // biome-ignore format: one call
    button.dataset.name = `feature-${name}`;
    button.dataset.term = JSON.stringify(term);
    button.disabled = disabled || (chosen.length === 1 && chosen[0] === name);
    button.addEventListener("click", () => send(root, "pick", { name }));
    return button;
  });
  root.ui.pieces.replaceChildren(...buttons);
  root.ui.pieces.hidden = hidden;
};

// Only when they change: whoever has the focus on one keeps it.
const buildInputs = (root) => {
  const { options, pieces } = root.data;
  const of = JSON.stringify([options.points, pieces, root.theme]);
  if (of === root.inputs) return;
  root.inputs = of;
  const focused = root.getRootNode().activeElement?.dataset?.name;
  buildSets(root);
  buildPieces(root);
  if (focused) root.querySelector(`[data-name="${focused}"]`)?.focus();
};

const buildSides = (root) => {
  const panels = root.data.sides.map((_side, place) => {
    const canvas = make("canvas", { class: "plane", role: "application", tabindex: 0 });
    const curve = make("canvas", { class: "curve", role: "img", "aria-label": "Objective" });
    const bars = make("canvas", {
      class: "losses",
      role: "img",
      "aria-label": "Loss of each point",
    });
    const numbers = make("p", { class: "numbers" });
    const title = make("h3");
    canvas.addEventListener("pointerdown", (event) => press(root, event));
    canvas.addEventListener("pointermove", (event) => drag(root, event));
    canvas.addEventListener("pointerup", (event) => release(root, event));
    canvas.addEventListener("pointercancel", (event) => release(root, event));
    canvas.addEventListener("keydown", (event) => key(root, event));
    root.planes[place] = { canvas, curve, bars, numbers, title };
    const plot = make("div", {}, title, canvas);
    const rest = make("div", {}, numbers, curve, bars);
    return root.data.sides.length === 1 ? [plot, rest] : [make("section", {}, plot, rest)];
  });
  root.planes.length = panels.length;
  root.ui.sides.replaceChildren(...panels.flat());
  root.resized.disconnect();
  root.resized.observe(root.ui.sides);
};

const build = (root) => {
  const part = (name) => root.querySelector(`.${name}`);
  root.ui = {
    ...Object.fromEntries(
      ["play", "step", "steps", "reset", "undo", "redo", "travel", "sets", "pieces", "links"]
        .concat(["sides", "classes", "next", "delete", "status", "legend", "weights"])
        .map((name) => [name, part(name)]),
    ),
    output: root.querySelector("output"),
    newStart: part("new-start"),
    speed: part("speed"),
    discretize: part("discretize"),
    log_y: part("log_y"),
  };
  Object.assign(root, { queue: [], waiting: 0, number: 0, position: 0, orders: -1, seen: 0 });
  Object.assign(root, { frames: noFrames(), planes: [], selected: null, label: 0, playing: false });
  root.resized = new ResizeObserver(() => {
    measure(root);
    schedule(root);
  });
  const click = (name, act) => root.ui[name].addEventListener("click", act);
  click("play", () => (root.playing ? pause(root) : setPlaying(root, true)));
  click("step", () => go(root, 1));
  click("steps", () => go(root, root.data.options.steps.value));
  click("reset", () => send(root, "reset"));
  click("newStart", () => send(root, "new_start"));
  click("undo", () => send(root, "undo"));
  click("redo", () => send(root, "redo"));
  click("delete", () => remove(root));
  click("next", () =>
    select(root, root.selected === null ? 0 : (root.selected + 1) % root.data.points.length),
  );
  root.ui.travel.addEventListener("input", () => {
    if (root.playing) setPlaying(root, false);
    root.position = Number(root.ui.travel.value);
    schedule(root);
  });
  root.ui.travel.addEventListener("change", () => seekSoon(root));
  root.ui.weights.addEventListener("toggle", () => schedule(root));
  for (const name of ["discretize", "log_y"]) {
    const box = root.ui[name].querySelector("input");
    box.addEventListener("change", () => send(root, "option", { name, value: box.checked }));
  }
  const speeds = root.ui.speed.querySelector("select");
  speeds.addEventListener("change", () =>
    send(root, "option", { name: "speed", value: speeds.value }),
  );
  const classes = root.data.classes.map(({ name, symbol }, label) => {
    const button = make("button", { type: "button" }, svgOf(symbol), name);
    button.addEventListener("click", () => choose(root, label));
    return button;
  });
  root.ui.classes.replaceChildren(...classes);
};

const seekSoon = (root) => {
  clearTimeout(root.seeking);
  root.seeking = setTimeout(() => send(root, "seek"), STILL);
};

// Frames that are known are shown without the server.
const go = (root, updates) => {
  clearTimeout(root.seeking);
  const wanted = Math.round(root.position) + updates;
  if (wanted > lastUpdate(root.frames)) return send(root, "step", { updates });
  root.position = wanted;
  schedule(root);
  seekSoon(root);
};

// ---- New data

const lookOf = (root) => {
  const style = getComputedStyle(root);
  const theme = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = theme("background-color");
  const dark = channels(probe.fillStyle).reduce((sum, each) => sum + each, 0) < 3 * 128;
  root.theme = dark ? "dark" : "light";
  return {
    // More pixels than this cost time and are hardly seen.
    ratio: Math.min(2, window.devicePixelRatio || 1),
    colours: root.data.classes.map((each) => each[root.theme]),
    symbols: root.data.classes.map(({ symbol }) => symbol),
    text: theme("text-color"),
    grey: dark ? "#9a9a9a" : "#6b6b6b",
    grid: theme("border-color"),
    background: theme("background-color"),
    font: theme("font"),
    discretize: root.data.options.discretize.value,
  };
};

const showOptions = (root) => {
  const { options, speeds } = root.data;
  for (const name of ["discretize", "log_y", "speed"]) {
    const { value, hidden, disabled } = options[name];
    const field = root.ui[name].querySelector("input, select");
    if (name === "speed" && field.options.length === 0) {
      field.replaceChildren(...speeds.map(([each, label]) => new Option(label, each)));
    }
    if (name === "speed") field.value = value;
    else field.checked = value;
    field.disabled = disabled;
    root.ui[name].hidden = hidden;
  }
  root.ui.steps.textContent = `×${options.steps.value.toLocaleString("en")}`;
  root.ui.steps.hidden = options.steps.hidden;
  root.ui.undo.disabled = !root.data.undo;
  root.ui.redo.disabled = !root.data.redo;
};

const showSides = (root) => {
  const { data } = root;
  if (root.planes.length !== data.sides.length) buildSides(root);
  const rows = root.frames.sides.map(({ weights }) => weights.at(-1).length);
  root.classes = rows[0] / (data.sides[0].names.length + 1);
  data.sides.forEach((side, place) => {
    const kept = root.planes[place];
    const of = JSON.stringify([side.terms, side.margin, side.pairwise, root.classes]);
    if (kept.of !== of) {
      kept.of = of;
      kept.plane = newPlane(data, side, root.classes);
    }
    kept.title.textContent =
      data.sides.length === 1 ? side.title : `${["Left", "Right"][place]}: ${side.title}`;
  });
};

const showLegend = (root) => {
  const margins = root.data.sides.some(({ margin }) => margin !== null);
  const ringed = root.planes.some(({ plane }, place) =>
    hasRings(plane, root.frames.sides[place].pulls.at(-1)),
  );
  root.ui.legend.textContent =
    "Solid line: the score of the class is 0, and increases along the arrow. " +
    (margins ? "Dashed: beyond this line a point of the class has zero loss. " : "") +
    (ringed ? "Ringed points are active: their loss has a gradient. " : "") +
    (root.data.tests.length ? "Hollow points are test points. " : "") +
    "Deeper colour: more confident. Curves: objective (thick), data loss (thin), penalty (dashed)" +
    (root.data.tests.length ? ", test loss (dotted)." : ".");
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".arena");
  const first = !root.data;
  root.data = data;
  root.setTriggerValue = setTriggerValue;
  if (first) build(root);
  root.look = lookOf(root);
  const held = root.pressed || root.arriving !== undefined;
  if (!held && data.answered >= (root.settling ?? 0)) root.dragged = null;
  if (root.selected !== null && root.selected >= data.points.length) root.selected = null;
  const complete = addChunk(root.frames, data.chunk);
  if (root.orders !== data.orders) {
    root.orders = data.orders;
    root.position = data.position;
    root.seen = 0;
    if (root.playing !== data.playing) setPlaying(root, data.playing);
    if (first && data.opening && !calm()) playOpening(root);
  }
  answered(root, data.answered);
  if (!complete) send(root, "resend");
  if (root.frames.updates.length === 0) return undefined;
  root.position = Math.min(root.position, lastUpdate(root.frames));
  showSides(root);
  buildInputs(root);
  showOptions(root);
  showTools(root);
  showLegend(root);
  measure(root);
  if (root.playing) schedule(root);
  else paint(root, performance.now());
  return () => {
    clearTimeout(root.patience);
    cancelAnimationFrame(root.due);
    root.due = undefined;
  };
}

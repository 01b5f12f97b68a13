// The playground's plot: decision regions, lines and points.  Points are added, dragged,
// relabelled and deleted here; the edits are sent to Python, which sends the new plot back.

const UNIT = 1000; // SVG units per data unit
const RADIUS = 44; // radius of a point
const RING = 78; // radius of the ring around an active point
const REACH = 110; // radius around a point in which the pointer selects it
const NUDGE = 0.05; // distance that an arrow key moves a point
const STILL = 350; // milliseconds after the last key until a nudged point is sent
const MOVED = 4; // pixels of movement that turn a press into a drag

const SHAPES = {
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
  square: "M-.9-.9H.9V.9H-.9Z",
  diamond: "M0-1.25L1.25 0L0 1.25L-1.25 0Z",
  "triangle-up": "M0-1.2L1.15.9H-1.15Z",
  cross: "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
};
const ARROW = "M0 0H190M190 0l-65-38M190 0l-65 38";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const svg = (name, attributes = {}, children = []) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.replaceChildren(...children);
  return element;
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

// Read in the browser: a theme change redraws the plot without a rerun in Python.
const isDark = (root) => {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  return channels(probe.fillStyle).reduce((sum, each) => sum + each, 0) < 3 * 128;
};

const colourOf = (root, label) => root.data.classes[label][root.theme];

// The frame selected by the time slider (see time_travel.js), or the current state.
const frameOf = ({ data }) => {
  const tick = document.lossoptTicks?.[data.timeline?.clock];
  return data.timeline?.frames[tick] ?? data;
};

// The grid's outer points lie on the border, so half a cell is cropped on each side.
const drawRegions = (root) => {
  const { grid, classes } = root.data;
  const { chosen, confidence } = frameOf(root);
  const [labels, sure] = [bytes(chosen), bytes(confidence)];
  const colours = classes.map((_, label) => channels(colourOf(root, label)));
  const small = Object.assign(document.createElement("canvas"), { width: grid, height: grid });
  const image = new ImageData(grid, grid);
  labels.forEach((label, index) => {
    const row = grid - 1 - Math.floor(index / grid);
    const opacity = 20 + 0.42 * sure[index];
    image.data.set([...colours[label], opacity], 4 * (row * grid + (index % grid)));
  });
  small.getContext("2d").putImageData(image, 0, 0);
  const canvas = root.querySelector("canvas");
  const context = canvas.getContext("2d");
  context.clearRect(0, 0, canvas.width, canvas.height);
  context.drawImage(small, 0.5, 0.5, grid - 1, grid - 1, 0, 0, canvas.width, canvas.height);
};

const drawLines = (root) => {
  const { lines, arrows } = frameOf(root);
  const paths = lines.map(({ label, kind, path }) =>
    svg("path", {
      d: path,
      class: kind,
      fill: "none",
      stroke: colourOf(root, label),
      "stroke-width": kind === "zero" ? 18 : 10,
      "stroke-dasharray": kind === "zero" ? "none" : "40 40",
    }),
  );
  const heads = arrows.map(({ label, x, y, angle }) =>
    svg("g", { transform: `translate(${UNIT * x} ${-UNIT * y})` }, [
      svg("path", {
        d: ARROW,
        class: "arrow",
        fill: "none",
        stroke: colourOf(root, label),
        "stroke-width": 22,
        transform: `rotate(${-angle})`,
      }),
    ]),
  );
  root.querySelector(".lines").replaceChildren(...paths, ...heads);
};

// Displayed position of a point: a dragged point is ahead of what Python has.
const placeOf = (root, index) =>
  root.dragged?.index === index ? root.dragged : root.data.points[index];

// Elements are reused: a tick must not replace the one under the pointer.
const drawPoints = (root) => {
  const layer = root.querySelector(".points");
  const { points } = root.data;
  while (layer.children.length > points.length) layer.lastChild.remove();
  while (layer.children.length < points.length) layer.append(newPoint(layer.children.length));
  points.forEach((_, index) => {
    drawPoint(root, layer.children[index], index);
  });
};

const newPoint = (index) =>
  svg("g", { class: "point", "data-index": index }, [
    svg("circle", { r: REACH * 0.7, fill: "transparent" }),
    svg("circle", { r: RING, class: "ring", fill: "none", "stroke-width": 12 }),
    svg("circle", {
      r: RING + 34,
      class: "selected",
      fill: "none",
      "stroke-width": 22,
      "stroke-dasharray": "60 40",
    }),
    svg("path", { transform: `scale(${RADIUS})`, "stroke-width": 0.3 }),
  ]);

const drawPoint = (root, element, index) => {
  const { label } = root.data.points[index];
  const pull = frameOf(root).pulls[index];
  const { x, y } = placeOf(root, index);
  element.setAttribute("transform", `translate(${UNIT * x} ${-UNIT * y})`);
  const [, ring, selected, mark] = element.children;
  ring.setAttribute("stroke-opacity", pull > 0 ? 0.1 + 0.9 * pull : 0);
  selected.setAttribute("stroke-opacity", root.selected === index ? 1 : 0);
  mark.setAttribute("d", SHAPES[root.data.classes[label].symbol]);
  mark.setAttribute("fill", colourOf(root, label));
};

const axes = (side) => {
  const [end, grey] = [UNIT * side, "var(--st-border-color)"];
  const lines = [`M${-end} 0H${end}`, `M0 ${-end}V${end}`].map((d) =>
    svg("path", { d, stroke: grey, "stroke-width": 8 }),
  );
  const words = [-1, 1].flatMap((at) => [
    [UNIT * at, end - 40, at, "middle"],
    [-end + 40, -UNIT * at + 35, at, "start"],
  ]);
  words.push([end - 40, end - 40, "x1", "end"], [-end + 40, -end + 120, "x2", "start"]);
  const texts = words.map(([x, y, word, anchor]) => {
    const text = svg("text", { x, y, "text-anchor": anchor });
    text.textContent = String(word).replace("-", "−");
    return text;
  });
  return [...lines, ...texts];
};

const showStatus = (root) => {
  const { points, classes } = root.data;
  const status = root.querySelector(".status");
  if (root.selected === null) {
    status.textContent =
      `Drag a point to move it. Click an empty spot to add a point of class` +
      ` ${classes[root.label].name}. Ringed points are active: their loss has a gradient.`;
    return;
  }
  const { x, y } = placeOf(root, root.selected);
  status.textContent =
    `Point ${root.selected + 1} of ${points.length}: class` +
    ` ${classes[points[root.selected].label].name} at ${x.toFixed(2)}, ${y.toFixed(2)}.` +
    ` Arrow keys move it, letters change its class, Delete removes it.`;
};

const drawTools = (root) => {
  const present = root.selected === null ? root.label : root.data.points[root.selected].label;
  root.querySelectorAll(".classes button").forEach((button, label) => {
    button.setAttribute("aria-pressed", label === present);
    button.querySelector("path").setAttribute("fill", colourOf(root, label));
  });
  root.querySelector(".delete").disabled = root.selected === null;
  showStatus(root);
};

const redraw = (root) => {
  drawPoints(root);
  drawTools(root);
};

const sendEdit = (root, kind, content) =>
  root.setTriggerValue("edit", { kind, count: root.data.points.length, ...content });

const select = (root, index) => {
  root.selected = index;
  redraw(root);
};

const choose = (root, label) => {
  if (root.selected !== null) sendEdit(root, "label", { index: root.selected, label });
  root.label = label;
  redraw(root);
};

const remove = (root) => {
  if (root.selected === null) return;
  sendEdit(root, "delete", { index: root.selected });
  select(root, null);
};

// Position of the pointer in data units, clipped to the plot.
const placeAt = (root, event) => {
  const { side } = root.data;
  const box = root.querySelector(".square").getBoundingClientRect();
  const inside = (share) => Math.min(side, Math.max(-side, (2 * share - 1) * side));
  return {
    x: inside((event.clientX - box.left) / box.width),
    y: inside(1 - (event.clientY - box.top) / box.height),
  };
};

const nearest = (root, { x, y }) => {
  const far = root.data.points.map((_, index) => {
    const place = placeOf(root, index);
    return Math.hypot(place.x - x, place.y - y) * UNIT;
  });
  const least = Math.min(...far);
  return least <= REACH ? far.indexOf(least) : null;
};

const press = (root, event) => {
  if (event.button !== 0) return;
  const index = nearest(root, placeAt(root, event));
  root.pressed = { index, x: event.clientX, y: event.clientY, moved: false };
  if (index === null) return;
  root.querySelector(".picture").setPointerCapture(event.pointerId);
  select(root, index);
};

const drag = (root, event) => {
  const { pressed } = root;
  if (!pressed) return;
  pressed.moved ||= Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > MOVED;
  if (!pressed.moved || pressed.index === null) return;
  root.dragged = { index: pressed.index, ...placeAt(root, event) };
  redraw(root);
  show(root);
};

// A dragged point is sent as often as Python can redraw: each redraw requests the next position.
const show = (root) => {
  if (root.waiting) return;
  root.waiting = true;
  sendEdit(root, "drag", root.dragged);
};

const release = (root, event) => {
  const { pressed } = root;
  root.pressed = null;
  if (!pressed) return;
  if (pressed.index !== null && pressed.moved) {
    root.waiting = false;
    sendEdit(root, "move", root.dragged);
  } else if (pressed.index === null && !pressed.moved) {
    if (root.selected !== null) return select(root, null);
    sendEdit(root, "add", { ...placeAt(root, event), label: root.label });
  }
};

const nudge = (root, [across, up]) => {
  const { side, points } = root.data;
  const index = root.selected ?? 0;
  if (!points[index]) return;
  root.selected = index;
  const { x, y } = placeOf(root, index);
  const inside = (place) => Math.min(side, Math.max(-side, place));
  root.dragged = { index, x: inside(x + across * NUDGE), y: inside(y + up * NUDGE) };
  redraw(root);
  clearTimeout(root.arriving);
  root.arriving = setTimeout(() => sendEdit(root, "move", root.dragged), STILL);
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

const build = (root) => {
  const { classes, side } = root.data;
  root.selected = null;
  root.label = 0;
  const end = UNIT * side;
  const picture = root.querySelector(".picture");
  picture.setAttribute("viewBox", `${-end} ${-end} ${2 * end} ${2 * end}`);
  picture.replaceChildren(
    ...axes(side),
    svg("g", { class: "lines" }),
    svg("g", { class: "points" }),
  );
  picture.addEventListener("pointerdown", (event) => press(root, event));
  picture.addEventListener("pointermove", (event) => drag(root, event));
  picture.addEventListener("pointerup", (event) => release(root, event));
  picture.addEventListener("pointercancel", (event) => release(root, event));
  picture.addEventListener("keydown", (event) => key(root, event));
  const buttons = classes.map(({ name, symbol }, label) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const mark = svg("path", { d: SHAPES[symbol] });
    button.append(svg("svg", { viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": true }, [mark]), name);
    button.addEventListener("click", () => choose(root, label));
    return button;
  });
  root.querySelector(".classes").replaceChildren(...buttons);
  root
    .querySelector(".next")
    .addEventListener("click", () =>
      select(root, root.selected === null ? 0 : (root.selected + 1) % root.data.points.length),
    );
  root.querySelector(".delete").addEventListener("click", () => remove(root));
};

const draw = (root) => {
  root.querySelector(".picture").setAttribute("aria-label", frameOf(root).alt);
  drawRegions(root);
  drawLines(root);
  drawPoints(root);
};

const followClock = (root) => {
  root.onTick ??= ({ detail: clock }) => clock === root.data.timeline?.clock && draw(root);
  document.addEventListener("lossopt-tick", root.onTick);
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".plane");
  const first = !root.data;
  // Once Python sends new points, the dragged point has arrived.
  if (root.data?.version !== data.version && !root.pressed) root.dragged = null;
  root.waiting = false;
  root.data = data;
  root.theme = isDark(root) ? "dark" : "light";
  root.setTriggerValue = setTriggerValue;
  if (first) build(root);
  if (root.selected !== null && root.selected >= data.points.length) root.selected = null;
  followClock(root);
  draw(root);
  drawTools(root);
  return () => document.removeEventListener("lossopt-tick", root.onTick);
}

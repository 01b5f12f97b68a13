// The square of the playground: regions, lines and points.  Points are added, dragged, given
// another class and deleted here; Python is told, and what it sends back is drawn.

const UNIT = 1000; // of the drawing, to a unit of length of the data
const RADIUS = 44; // of a point
const RING = 78; // around a point that pulls
const REACH = 110; // from a point within which the pointer is meant for it
const NUDGE = 0.05; // by an arrow key
const STILL = 350; // milliseconds without a key after which a nudged point has arrived
const MOVED = 4; // pixels that make a press a drag

const SHAPES = {
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
  square: "M-.9-.9H.9V.9H-.9Z",
  diamond: "M0-1.25L1.25 0L0 1.25L-1.25 0Z",
  "triangle-up": "M0-1.2L1.15.9H-1.15Z",
  cross: "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
};
const ARROW = "M0 0H190M190 0l-65-38M190 0l-65 38";
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const made = (name, attributes = {}, children = []) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.replaceChildren(...children);
  return element;
};

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

const channels = (colour) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

// The theme is the browser's: its change draws anew, but Python is not asked again.
const isDark = (root) => {
  const probe = document.createElement("canvas").getContext("2d");
  probe.fillStyle = getComputedStyle(root).getPropertyValue("--st-background-color").trim();
  return channels(probe.fillStyle).reduce((sum, each) => sum + each, 0) < 3 * 128;
};

const colourOf = (root, label) => root.told.classes[label][root.theme];

// The plane at the time where a slider stands (see time_travel.js), or as it is now.
const seenIn = ({ told }) => {
  const tick = document.lossoptTicks?.[told.past?.clock];
  return told.past?.frames[tick] ?? told;
};

// The grid's outer points lie on the border, so that half a cell is cut off all around.
const drawRegions = (root) => {
  const { grid, classes } = root.told;
  const { chosen, confidence } = seenIn(root);
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
  const { lines, arrows } = seenIn(root);
  const paths = lines.map(({ label, kind, path }) =>
    made("path", {
      d: path,
      class: kind,
      fill: "none",
      stroke: colourOf(root, label),
      "stroke-width": kind === "zero" ? 18 : 10,
      "stroke-dasharray": kind === "zero" ? "none" : "40 40",
    }),
  );
  const heads = arrows.map(({ label, x, y, angle }) =>
    made("g", { transform: `translate(${UNIT * x} ${-UNIT * y})` }, [
      made("path", {
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

// Where a point is seen: one that is under way is ahead of what Python knows.
const placeOf = (root, index) =>
  root.underway?.index === index ? root.underway : root.told.points[index];

// The same elements all along: a tick must not take away the one under the pointer.
const drawPoints = (root) => {
  const layer = root.querySelector(".points");
  const { points } = root.told;
  while (layer.children.length > points.length) layer.lastChild.remove();
  while (layer.children.length < points.length) layer.append(newPoint(layer.children.length));
  points.forEach((_, index) => {
    drawPoint(root, layer.children[index], index);
  });
};

const newPoint = (index) =>
  made("g", { class: "point", "data-index": index }, [
    made("circle", { r: REACH * 0.7, fill: "transparent" }),
    made("circle", { r: RING, class: "ring", fill: "none", "stroke-width": 12 }),
    made("circle", {
      r: RING + 34,
      class: "selected",
      fill: "none",
      "stroke-width": 22,
      "stroke-dasharray": "60 40",
    }),
    made("path", { transform: `scale(${RADIUS})`, "stroke-width": 0.3 }),
  ]);

const drawPoint = (root, element, index) => {
  const { label } = root.told.points[index];
  const pull = seenIn(root).pulls[index];
  const { x, y } = placeOf(root, index);
  element.setAttribute("transform", `translate(${UNIT * x} ${-UNIT * y})`);
  const [, ring, selected, mark] = element.children;
  ring.setAttribute("stroke-opacity", pull > 0 ? 0.1 + 0.9 * pull : 0);
  selected.setAttribute("stroke-opacity", root.selected === index ? 1 : 0);
  mark.setAttribute("d", SHAPES[root.told.classes[label].symbol]);
  mark.setAttribute("fill", colourOf(root, label));
};

const axes = (side) => {
  const [end, grey] = [UNIT * side, "var(--st-border-color)"];
  const lines = [`M${-end} 0H${end}`, `M0 ${-end}V${end}`].map((d) =>
    made("path", { d, stroke: grey, "stroke-width": 8 }),
  );
  const words = [-1, 1].flatMap((at) => [
    [UNIT * at, end - 40, at, "middle"],
    [-end + 40, -UNIT * at + 35, at, "start"],
  ]);
  words.push([end - 40, end - 40, "x1", "end"], [-end + 40, -end + 120, "x2", "start"]);
  const texts = words.map(([x, y, word, anchor]) => {
    const text = made("text", { x, y, "text-anchor": anchor });
    text.textContent = String(word).replace("-", "−");
    return text;
  });
  return [...lines, ...texts];
};

const say = (root) => {
  const { points, classes } = root.told;
  const status = root.querySelector(".status");
  if (root.selected === null) {
    status.textContent =
      `Drag a point to move it. A click on empty ground adds one of class` +
      ` ${classes[root.label].name}. Ringed points pull on the classifier.`;
    return;
  }
  const { x, y } = placeOf(root, root.selected);
  status.textContent =
    `Point ${root.selected + 1} of ${points.length}: class` +
    ` ${classes[points[root.selected].label].name} at ${x.toFixed(2)}, ${y.toFixed(2)}.` +
    ` Arrow keys move it, letters change its class, Delete removes it.`;
};

const drawTools = (root) => {
  const present = root.selected === null ? root.label : root.told.points[root.selected].label;
  root.querySelectorAll(".classes button").forEach((button, label) => {
    button.setAttribute("aria-pressed", label === present);
    button.querySelector("path").setAttribute("fill", colourOf(root, label));
  });
  root.querySelector(".delete").disabled = root.selected === null;
  say(root);
};

const redraw = (root) => {
  drawPoints(root);
  drawTools(root);
};

const tell = (root, kind, content) =>
  root.setTriggerValue("edit", { kind, count: root.told.points.length, ...content });

const select = (root, index) => {
  root.selected = index;
  redraw(root);
};

const choose = (root, label) => {
  if (root.selected !== null) tell(root, "label", { index: root.selected, label });
  root.label = label;
  redraw(root);
};

const remove = (root) => {
  if (root.selected === null) return;
  tell(root, "delete", { index: root.selected });
  select(root, null);
};

// In the data's units, inside the square.
const placeAt = (root, event) => {
  const { side } = root.told;
  const box = root.querySelector(".square").getBoundingClientRect();
  const inside = (share) => Math.min(side, Math.max(-side, (2 * share - 1) * side));
  return {
    x: inside((event.clientX - box.left) / box.width),
    y: inside(1 - (event.clientY - box.top) / box.height),
  };
};

const nearest = (root, { x, y }) => {
  const far = root.told.points.map((_, index) => {
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
  root.underway = { index: pressed.index, ...placeAt(root, event) };
  redraw(root);
  show(root);
};

// Python follows a dragged point as fast as it can: what it draws calls for the next place.
const show = (root) => {
  if (root.waiting) return;
  root.waiting = true;
  tell(root, "drag", root.underway);
};

const release = (root, event) => {
  const { pressed } = root;
  root.pressed = null;
  if (!pressed) return;
  if (pressed.index !== null && pressed.moved) {
    root.waiting = false;
    tell(root, "move", root.underway);
  } else if (pressed.index === null && !pressed.moved) {
    if (root.selected !== null) return select(root, null);
    tell(root, "add", { ...placeAt(root, event), label: root.label });
  }
};

const nudge = (root, [across, up]) => {
  const { side, points } = root.told;
  const index = root.selected ?? 0;
  if (!points[index]) return;
  root.selected = index;
  const { x, y } = placeOf(root, index);
  const inside = (place) => Math.min(side, Math.max(-side, place));
  root.underway = { index, x: inside(x + across * NUDGE), y: inside(y + up * NUDGE) };
  redraw(root);
  clearTimeout(root.arriving);
  root.arriving = setTimeout(() => tell(root, "move", root.underway), STILL);
};

const key = (root, event) => {
  const label = root.told.classes.findIndex(({ name }) => name === event.key.toUpperCase());
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (ARROWS[event.key]) nudge(root, ARROWS[event.key]);
  else if (event.key === "Delete" || event.key === "Backspace") remove(root);
  else if (event.key === "Escape") select(root, null);
  else if (label >= 0) choose(root, label);
  else return;
  // Streamlit's own shortcuts listen to letters, and arrows would scroll the page.
  event.preventDefault();
  event.stopPropagation();
};

const build = (root) => {
  const { classes, side } = root.told;
  root.selected = null;
  root.label = 0;
  const end = UNIT * side;
  const picture = root.querySelector(".picture");
  picture.setAttribute("viewBox", `${-end} ${-end} ${2 * end} ${2 * end}`);
  picture.replaceChildren(
    ...axes(side),
    made("g", { class: "lines" }),
    made("g", { class: "points" }),
  );
  picture.addEventListener("pointerdown", (event) => press(root, event));
  picture.addEventListener("pointermove", (event) => drag(root, event));
  picture.addEventListener("pointerup", (event) => release(root, event));
  picture.addEventListener("pointercancel", (event) => release(root, event));
  picture.addEventListener("keydown", (event) => key(root, event));
  const buttons = classes.map(({ name, symbol }, label) => {
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const mark = made("path", { d: SHAPES[symbol] });
    button.append(made("svg", { viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": true }, [mark]), name);
    button.addEventListener("click", () => choose(root, label));
    return button;
  });
  root.querySelector(".classes").replaceChildren(...buttons);
  root
    .querySelector(".next")
    .addEventListener("click", () =>
      select(root, root.selected === null ? 0 : (root.selected + 1) % root.told.points.length),
    );
  root.querySelector(".delete").addEventListener("click", () => remove(root));
};

const draw = (root) => {
  root.querySelector(".picture").setAttribute("aria-label", seenIn(root).alt);
  drawRegions(root);
  drawLines(root);
  drawPoints(root);
};

const followClock = (root) => {
  root.onTick ??= ({ detail: clock }) => clock === root.told.past?.clock && draw(root);
  document.addEventListener("lossopt-tick", root.onTick);
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".plane");
  const first = !root.told;
  // What was under way has arrived once Python's points are others.
  if (root.told?.version !== data.version && !root.pressed) root.underway = null;
  root.waiting = false;
  root.told = data;
  root.theme = isDark(root) ? "dark" : "light";
  root.setTriggerValue = setTriggerValue;
  if (first) build(root);
  if (root.selected !== null && root.selected >= data.points.length) root.selected = null;
  followClock(root);
  draw(root);
  drawTools(root);
  return () => document.removeEventListener("lossopt-tick", root.onTick);
}

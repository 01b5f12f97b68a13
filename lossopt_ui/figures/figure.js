// Draws a plotly figure and keeps its view: the same node is redrawn by Plotly.react, so that zoom,
// hidden traces and hover survive a rerun and a change of data.

import { downloadButtons, template } from "./downloads.js";

const REACH = 12; // pixels around a mark that count as a click on it
const REACH_OF_UNIFIED_HOVER = 40; // pixels around an x in which the unified hover appears

window.lossoptLibraries ??= {};
const libraries = window.lossoptLibraries;
let lastLoad = Promise.resolve();

// The URL is relative to the page, so that a base path works.
const fetchLibrary = (address) =>
  new Promise((resolve, reject) => {
    const before = window.Plotly;
    window.Plotly = undefined;
    const script = document.createElement("script");
    script.src = new URL(address, document.baseURI).href;
    const end = () => {
      const loaded = window.Plotly;
      window.Plotly = before ?? loaded;
      // A proxy's error page also loads, but does not define the library.
      if (loaded) return resolve(loaded);
      delete libraries[address];
      script.remove();
      reject(new Error("script"));
    };
    script.onload = end;
    script.onerror = end;
    document.head.appendChild(script);
  });

// One download per library and page, one after the other: all of them define window.Plotly.
const load = (address) => {
  if (!libraries[address]) {
    lastLoad = lastLoad.catch(() => {}).then(() => fetchLibrary(address));
    libraries[address] = lastLoad;
  }
  return libraries[address];
};

const ofTheme = (element) => {
  const style = getComputedStyle(element);
  const theme = (name) => style.getPropertyValue(`--st-${name}`).trim();
  return template({
    text: theme("text-color"),
    grid: theme("border-color-light"),
    line: theme("border-color"),
    background: "rgba(0,0,0,0)",
    hover: theme("background-color"),
    font: theme("font"),
  });
};

const TOOLS = {
  boxes: ["select2d", "zoom2d", "pan2d", "resetScale2d"],
  false: ["zoom2d", "pan2d", "resetScale2d"],
  true: ["orbitRotation", "zoom3d", "resetCameraDefault3d"],
};
const configs = new Map();

// The same object for all redraws: plotly starts over if it gets new functions.
const settings = ({ Plotly, inputs: { solid, boxes } }) => {
  const tools = boxes ? "boxes" : `${solid}`;
  if (!configs.has(tools)) {
    configs.set(tools, {
      displaylogo: false,
      modeBarButtons: [TOOLS[tools], downloadButtons(Plotly)],
    });
  }
  return configs.get(tools);
};

// Distance of (x, y) to the line segment between two points.
const toSegment = (x, y, from, to) => {
  const [across, up] = [to.x - from.x, to.y - from.y];
  const along = ((x - from.x) * across + (y - from.y) * up) / (across ** 2 + up ** 2 || 1);
  const share = Math.min(1, Math.max(0, along));
  return Math.hypot(from.x + share * across - x, from.y + share * up - y);
};

// The plot area under the pointer, in screen coordinates.
const plotArea = (element, { clientX, clientY }) =>
  [...element.querySelectorAll(".nsewdrag")]
    .map((layer) => layer.getBoundingClientRect())
    .find(
      ({ left, right, top, bottom }) =>
        left <= clientX && clientX <= right && top <= clientY && clientY <= bottom,
    );

// Distance in pixels between the pointer and a mark found by plotly's hover.  A line is a mark
// along its whole length; bars and cells are found only where they are.
const distance = (element, point, event) => {
  const { xaxis, yaxis, fullData, pointNumber } = point;
  if (fullData.type !== "scatter") return 0;
  const area = plotArea(element, event);
  if (!area) return Infinity;
  const x = event.clientX - area.left;
  const y = event.clientY - area.top;
  const place = (index) => ({
    x: xaxis.d2p(fullData.x?.[index] ?? index),
    y: yaxis.d2p(fullData.y[index]),
  });
  const here = place(pointNumber);
  const beside = fullData.mode.includes("lines") ? [pointNumber - 1, pointNumber + 1] : [];
  // Gaps in a line and points beyond its ends have no coordinates.
  const ends = [here, ...beside.map(place)].filter((end) => Number.isFinite(end.x + end.y));
  return Math.min(...ends.map((end) => toSegment(x, y, here, end)));
};

// The clickable mark under the pointer; undefined if there is none.
const markAt = (element, { points, event }) => {
  if (!element.inputs.clickable) return undefined;
  return points
    .filter((point) => point.customdata !== undefined && point.customdata !== null)
    .map((point) => ({ point, far: distance(element, point, event) }))
    .filter(({ far }) => far <= REACH)
    .sort((one, other) => one.far - other.far)[0]?.point;
};

const isUnified = (hovermode) => typeof hovermode === "string" && hovermode.includes("unified");

// What a chart with a unified hover has on its x-axis; "" for other charts.
const quantity = ({ hovermode, xaxis }) => (isUnified(hovermode) ? (xaxis?.title?.text ?? "") : "");

// Charts over the same quantity share their hover: all show the x under the pointer.
const sharePointer = (element, x) => {
  const of = quantity(element.layout);
  const detail = { x, of, from: element };
  if (of) document.dispatchEvent(new CustomEvent("lossopt-pointer", { detail }));
};

const followPointer = (element) => {
  element.onPointer ??= ({ detail: { x, of, from } }) => {
    if (from === element || !element.inView || !element.layout) return;
    if (quantity(element.layout) !== of) return;
    if (Number.isFinite(x)) element.Plotly.Fx.hover(element, { xval: x }, ["xy"]);
    else element.Plotly.Fx.unhover(element);
  };
  document.addEventListener("lossopt-pointer", element.onPointer);
};

const listen = (element) => {
  element.on("plotly_click", (click) => {
    const point = markAt(element, click);
    if (point) element.setTriggerValue("click", point.customdata);
  });
  // The box itself is removed: what it selects is drawn by the page, and written in a field.
  element.on("plotly_selected", (event) => {
    if (!element.inputs.boxes || !event?.range) return;
    const { x, y } = event.range;
    element.setTriggerValue("box", { x, y });
    element.Plotly.relayout(element, { selections: [] });
  });
  // Plotly's hover event fires only when other marks are found, although the pointer may move on.
  element.hovered = [];
  element.on("plotly_hover", ({ points, event }) => {
    element.hovered = points;
    if (event.target) sharePointer(element, points[0].x);
  });
  element.on("plotly_unhover", () => {
    element.hovered = [];
    sharePointer(element, undefined);
  });
  element.addEventListener("mousemove", (event) => {
    const clickable = markAt(element, { points: element.hovered, event });
    for (const layer of element.querySelectorAll(".nsewdrag")) {
      layer.style.cursor = clickable ? "pointer" : "";
    }
  });
};

// A theme change redraws the page without rerunning the script, which chose the line colours.
const reportThemeChange = (element, setTriggerValue) => {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color");
  if (element.background && element.background !== background) {
    setTriggerValue("theme", background);
  }
  element.background = background;
};

const KINDS = { f4: Float32Array, u1: Uint8Array };

const unpacked = (values) => {
  if (Array.isArray(values)) return values;
  const bytes = Uint8Array.from(atob(values.bdata), (letter) => letter.charCodeAt(0));
  return { numbers: new KINDS[values.dtype](bytes.buffer), shape: values.shape };
};

const framesOf = (packed) => {
  const frames = JSON.parse(packed);
  const changes = frames.changes.map((each) => ({ ...each, values: unpacked(each.values) }));
  return { ...frames, changes };
};

// The values of one frame: one row of numbers, or several.
const ofFrame = (values, frame) => {
  if (Array.isArray(values)) return values[frame];
  const [, ...inner] = values.shape;
  const size = inner.reduce((product, length) => product * length, 1);
  const flat = values.numbers.subarray(frame * size, (frame + 1) * size);
  if (inner.length < 2) return flat;
  const [rows, length] = inner;
  return Array.from({ length: rows }, (_, row) => flat.subarray(row * length, (row + 1) * length));
};

const cursorAt = (x, color) => ({
  type: "line",
  x0: x,
  x1: x,
  yref: "paper",
  y0: 0,
  y1: 1,
  line: { color, width: 1.5 },
});

// The tick of the slider; without a slider the figure shows the last frame.
const tickOf = ({ clock, which }) =>
  Math.min(document.lossoptTicks?.[clock] ?? Infinity, which.length - 1);

// The figure at the current tick of its clock.
const atItsTick = ({ data, layout, frames }) => {
  if (!frames) return { data, layout };
  const tick = tickOf(frames);
  const traces = [...data];
  const whole = { ...layout };
  for (const { trace, attribute, values } of frames.changes) {
    const content = ofFrame(values, frames.which[tick]);
    if (trace === null) {
      whole.annotations = layout.annotations.map((each, k) => ({ ...each, text: content[k] }));
    } else traces[trace] = { ...traces[trace], [attribute]: content };
  }
  if (frames.cursor.length > 0) {
    whole.shapes = [...(layout.shapes ?? []), cursorAt(frames.cursor[tick], frames.colour)];
  }
  return { data: traces, layout: whole };
};

const ENDS_OF_LINE = /^M[^,]+,([^L]+)L[^,]+,(.+)$/;

// If only the cursor moves, its line is moved directly, which is ten times as fast as plotly's
// public `relayout`.  Axis and shapes are taken from the private `_fullLayout` (a browser test
// checks that they are there); without them `relayout` moves the line.
const moveCursor = (element) => {
  const { layout, frames } = element.shown;
  const place = layout.shapes?.length ?? 0;
  const x = frames.cursor[tickOf(frames)];
  const line = element.querySelector(`.shapelayer path[data-index="${place}"]`);
  const ends = line?.getAttribute("d").match(ENDS_OF_LINE);
  const { xaxis, shapes } = element._fullLayout ?? {};
  const at = shapes?.[place] ? xaxis?._offset + xaxis?.d2p(x) : undefined;
  if (!ends || !Number.isFinite(at)) {
    const shape = `shapes[${place}]`;
    return element.Plotly.relayout(element, { [`${shape}.x0`]: x, [`${shape}.x1`]: x });
  }
  for (const shape of [element.layout.shapes[place], shapes[place]]) shape.x0 = shape.x1 = x;
  line.setAttribute("d", `M${at},${ends[1]}L${at},${ends[2]}`);
};

// Not while a pointer is pressed on the figure: plotly would forget the box that is dragged.
const paintWhileDue = async (element) => {
  while (element.due && element.isConnected && !element.pressed) {
    element.due = false;
    const { shown } = element;
    if (element.drawn === shown && shown.frames.changes.length === 0) {
      await moveCursor(element);
      continue;
    }
    const { data, layout } = atItsTick(shown);
    await element.Plotly.react(element, data, layout, settings(element));
    element.drawn = shown;
  }
};

// Redraws the figure.  Requests that arrive while plotly is busy are combined into one redraw.
const paint = (element) => {
  element.due = true;
  element.painting ??= paintWhileDue(element).finally(() => {
    element.painting = undefined;
  });
  return element.painting;
};

const followPresses = (element) => {
  element.onRelease ??= () => {
    if (!element.pressed) return;
    element.pressed = false;
    // Later: plotly reads the box when the mouse event follows.
    setTimeout(() => element.due && paint(element));
  };
  element.onPress ??= () => {
    element.pressed = true;
  };
  element.addEventListener("pointerdown", element.onPress);
  for (const end of ["pointerup", "pointercancel"])
    document.addEventListener(end, element.onRelease);
};

const followClock = (element) => {
  element.onTick ??= ({ detail: clock }) => {
    if (clock !== element.shown?.frames?.clock) return;
    element.due = true;
    if (element.inView) paint(element);
  };
  document.addEventListener("lossopt-tick", element.onTick);
};

const draw = async ({ data, parentElement, setTriggerValue }) => {
  const element = parentElement.querySelector(".lossopt-figure");
  reportThemeChange(element, setTriggerValue);
  element.setAttribute("aria-label", data.alt);
  element.style.height = `${data.height}px`;
  if (data.solid && !document.createElement("canvas").getContext("webgl")) {
    element.textContent = "Surface plots need WebGL, which this browser does not support.";
    return;
  }
  try {
    element.Plotly = await load(data.library);
  } catch {
    element.textContent =
      "The chart could not be drawn: its library did not load. Reload the page.";
    return;
  }
  const figure = JSON.parse(data.figure);
  // Buttons and listeners are created once, and read the latest data from here.
  element.inputs = data;
  element.setTriggerValue = setTriggerValue;
  const layout = { ...figure.layout, template: ofTheme(element) };
  if (data.boxes) layout.dragmode = "select";
  if (isUnified(layout.hovermode)) layout.hoverdistance ??= REACH_OF_UNIFIED_HOVER;
  element.shown = { data: figure.data, layout, frames: data.frames && framesOf(data.frames) };
  followClock(element);
  followPointer(element);
  followPresses(element);
  await paint(element);
  if (!element.on) return; // removed from the page before it was drawn
  if (!element.watched) {
    listen(element);
    // A hidden tab has no size: resize when the element becomes visible.
    element.watched = new ResizeObserver(() => {
      if (element.isConnected && element.offsetWidth > 0 && element.drawn) {
        element.Plotly.Plots.resize(element);
      }
    });
    element.watched.observe(element);
    // Figures out of view are redrawn once they come into view.
    element.looked = new IntersectionObserver((changes) => {
      element.inView = changes.at(-1).isIntersecting;
      if (element.inView && element.due) paint(element);
    });
    element.looked.observe(element);
  }
};

export default function (component) {
  draw(component);
  const element = component.parentElement.querySelector(".lossopt-figure");
  return () => {
    element.watched?.disconnect();
    element.looked?.disconnect();
    document.removeEventListener("lossopt-tick", element.onTick);
    document.removeEventListener("lossopt-pointer", element.onPointer);
    element.removeEventListener("pointerdown", element.onPress);
    element.pressed = false;
    for (const end of ["pointerup", "pointercancel"]) {
      document.removeEventListener(end, element.onRelease);
    }
    // Later: plotly may still be drawing, and would fail.
    setTimeout(() => element.isConnected || element.Plotly?.purge(element), 2000);
  };
}

// Downloads of a plotly figure: SVG, PNG and, by the browser's print dialog, PDF; on white, and as
// wide as chosen.  Pages and reports have the same.

const USUAL_WIDTH = 1000; // pixels, of which there are 96 per inch
const NARROWEST = 300;
const WIDEST = 3000;
const SHAPE = 0.62; // height / width
const LOWEST = 320;
const ROWS_WITHIN = 6; // legend rows that fit an image of this height
const ROW_OF_LEGEND = 26;
const MARGIN = { l: 24, r: 24, t: 56, b: 24 };
const PIXELS_OF_PNG = 3; // scale of PNG downloads
const MILLIMETRES = 25.4 / 96; // per pixel
const REMEMBERED = "lossopt-figure-width";

export const template = ({ text, grid, line, background, hover, font }) => {
  const axis = {
    gridcolor: grid,
    linecolor: line,
    zerolinecolor: line,
    spikecolor: line,
    spikethickness: 1,
    automargin: true,
    title: { font: { size: 13 }, standoff: 8 },
  };
  return {
    layout: {
      font: { family: font, color: text, size: 13 },
      title: { font: { size: 15, weight: 600 }, x: 0, xref: "paper", xanchor: "left" },
      paper_bgcolor: background,
      plot_bgcolor: background,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: line, activecolor: text },
      hoverlabel: { bgcolor: hover, bordercolor: line, font: { color: text, family: font } },
      hoversort: "value descending",
      xaxis: axis,
      yaxis: axis,
      scene: { bgcolor: background, xaxis: axis, yaxis: axis, zaxis: axis },
      colorway: [text],
    },
  };
};

const PAPER = template({
  text: "#1A1A1A",
  grid: "#E3E3E3",
  line: "#B0B0B0",
  background: "#FFFFFF",
  hover: "#FFFFFF",
  font: "Helvetica, Arial, sans-serif",
});

// Replaces colours: `shades` maps '#RRGGBB' to '#RRGGBB'.
const recoloured = (value, shades) => {
  if (typeof value === "string") return shades[value] ?? recolouredRgba(value, shades);
  if (Array.isArray(value)) return value.map((each) => recoloured(each, shades));
  if (!value || typeof value !== "object" || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, recoloured(each, shades)]),
  );
};

const recolouredRgba = (value, shades) => {
  const [, red, green, blue, opacity] = /^rgba\((\d+),(\d+),(\d+),(.+)\)$/.exec(value) ?? [];
  if (opacity === undefined) return value;
  const hex = (part) => Number(part).toString(16).padStart(2, "0").toUpperCase();
  const shade = shades[`#${hex(red)}${hex(green)}${hex(blue)}`];
  if (!shade) return value;
  const channels = [1, 3, 5].map((at) => Number.parseInt(shade.slice(at, at + 2), 16));
  return `rgba(${channels},${opacity})`;
};

// Storage may be switched off, and holds what anybody wrote.
const chosenWidth = () => {
  try {
    const width = Number(window.localStorage.getItem(REMEMBERED));
    return NARROWEST <= width && width <= WIDEST ? width : USUAL_WIDTH;
  } catch {
    return USUAL_WIDTH;
  }
};

const remember = (width) => {
  try {
    window.localStorage.setItem(REMEMBERED, width);
  } catch {
    // Then the next download has the usual width.
  }
};

// The figure for a download: without hidden traces, and tall enough for the legend (which would
// otherwise be cut off).  `shades` are the colours that are replaced on white.
const downloadable = ({ data, layout }, shades) => {
  const lines = data.filter((trace) => trace.visible !== "legendonly");
  const named = lines.filter((trace) => trace.showlegend !== false).length;
  const width = chosenWidth();
  const height =
    Math.max(LOWEST, Math.round(SHAPE * width)) + ROW_OF_LEGEND * Math.max(0, named - ROWS_WITHIN);
  const legend = { ...layout.legend, maxheight: height };
  const own = { legend, template: PAPER, autosize: false, margin: MARGIN, width, height };
  return recoloured({ data: lines, layout: { ...layout, ...own } }, shades);
};

const fileName = (layout, otherwise) => {
  const title = typeof layout.title === "string" ? layout.title : layout.title?.text;
  const words = (title ?? "").replace(/<[^>]*>/g, " ").toLowerCase();
  return words.replace(/[^\p{Letter}\p{Number}]+/gu, "-").replace(/^-|-$/g, "") || otherwise;
};

const partsOf = (element) => {
  const picture = downloadable(element, element.inputs?.onWhite ?? {});
  const { width, height } = picture.layout;
  const filename = fileName(element.layout, element.inputs?.name ?? "figure");
  return { picture, width, height, filename };
};

const save = (Plotly, element, format) => {
  const { picture, ...size } = partsOf(element);
  const scale = format === "png" ? PIXELS_OF_PNG : 1;
  return Plotly.downloadImage(picture, { ...size, format, scale });
};

// A page that holds nothing but the figure, for the browser to print: its dialog saves it as PDF.
const print = async (Plotly, element) => {
  const { picture, width, height, filename } = partsOf(element);
  const address = await Plotly.toImage(picture, { width, height, format: "svg" });
  const text = decodeURIComponent(address.slice(address.indexOf(",") + 1));
  const drawing = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  const frame = document.createElement("iframe");
  frame.style = "position: fixed; width: 0; height: 0; border: 0; visibility: hidden";
  frame.ariaHidden = "true";
  document.body.append(frame);
  const paper = frame.contentDocument;
  const style = paper.createElement("style");
  style.textContent =
    `@page { size: ${width}px ${height}px; margin: 0 } ` +
    "html, body { margin: 0; overflow: hidden } svg { display: block; visibility: visible }";
  paper.head.append(style);
  paper.title = filename;
  paper.body.append(paper.adoptNode(drawing));
  frame.contentWindow.addEventListener("afterprint", () => setTimeout(() => frame.remove()));
  frame.contentWindow.print();
};

const added = (parent, name, properties) => {
  const element = Object.assign(document.createElement(name), properties);
  parent.append(element);
  return element;
};

const inMillimetres = (width) => ` px = ${Math.round(width * MILLIMETRES)} mm`;

// Asks for the width of all downloads from now on, in this browser.
const askForWidth = (element) => {
  const dialog = added(element.parentElement, "dialog", { ariaLabel: "Width of downloads" });
  dialog.style =
    "max-width: 24rem; padding: 1.2rem; border-radius: 0.5rem; font: inherit;" +
    "border: 1px solid var(--st-border-color, #b0b0b0);" +
    "background: var(--st-background-color, #fff); color: var(--st-text-color, #1a1a1a)";
  const form = added(dialog, "form", { method: "dialog" });
  form.style = "display: grid; gap: 0.8rem";
  const label = added(form, "label", { textContent: "Width of figures " });
  const field = added(label, "input", {
    type: "number",
    min: NARROWEST,
    max: WIDEST,
    step: 1,
    required: true,
    value: chosenWidth(),
  });
  const length = added(label, "span", { textContent: inMillimetres(field.value) });
  field.oninput = () => {
    length.textContent = inMillimetres(field.value);
  };
  added(form, "p", {
    textContent:
      `${NARROWEST} to ${WIDEST} px. Text keeps its size, so a narrow figure has larger text. PNG` +
      ` files have ${PIXELS_OF_PNG} × ${PIXELS_OF_PNG} dots per px, about 300 dpi.`,
  });
  const buttons = added(form, "div", {});
  added(buttons, "button", { textContent: "Apply", value: "apply" });
  buttons.append(" ");
  added(buttons, "button", { textContent: "Cancel", value: "", formNoValidate: true });
  dialog.onclose = () => {
    if (dialog.returnValue === "apply") remember(Number(field.value));
    dialog.remove();
  };
  dialog.showModal();
};

const RULER = {
  width: 24,
  height: 24,
  path: "M1 7H23V17H1ZM3 9V15H21V9H19V12H17V9H15V12H13V9H11V12H9V9H7V12H5V9Z",
};
const SHEET = {
  width: 24,
  height: 24,
  path: "M5 1H15L20 6V23H5ZM7 3V21H18V8H13V3ZM9 11H16V13H9ZM9 15H16V17H9Z",
};

export const downloadButtons = (Plotly) => [
  {
    name: "Download as SVG",
    icon: Plotly.Icons.disk,
    click: (element) => save(Plotly, element, "svg"),
  },
  {
    name: "Download as PNG",
    icon: Plotly.Icons.camera,
    click: (element) => save(Plotly, element, "png"),
  },
  { name: "Print or save as PDF", icon: SHEET, click: (element) => print(Plotly, element) },
  { name: "Width of downloads", icon: RULER, click: askForWidth },
];

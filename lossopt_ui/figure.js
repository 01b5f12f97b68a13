// Draws a plotly figure and keeps what a person has set in it: the same node is redrawn by
// Plotly.react, so zoom, hidden traces and hover survive a rerun and a change of data.

let library;

// One download for the page.  The address is relative to the page, so that a base path works.
const load = (address) =>
  (library ??= new Promise((resolve, reject) => {
    if (window.Plotly) return resolve(window.Plotly);
    const script = document.createElement("script");
    script.src = new URL(address, document.baseURI).href;
    const fail = () => {
      library = undefined;
      script.remove();
      reject(new Error("script"));
    };
    // A proxy's error page loads too, but brings no library.
    script.onload = () => (window.Plotly ? resolve(window.Plotly) : fail());
    script.onerror = fail;
    document.head.appendChild(script);
  }));

const themed = (figure, element) => {
  const style = getComputedStyle(element);
  const theme = (name) => style.getPropertyValue(`--st-${name}`).trim();
  const text = theme("text-color");
  const axis = {
    gridcolor: theme("border-color-light"),
    linecolor: theme("border-color"),
    zerolinecolor: theme("border-color"),
    automargin: true,
    title: { font: { size: 13 }, standoff: 8 },
  };
  const layout = figure.layout;
  layout.template = {
    layout: {
      font: { family: theme("font"), color: text, size: 13 },
      title: { font: { size: 15, weight: 600 }, x: 0, xref: "paper", xanchor: "left" },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme("border-color"), activecolor: text },
      hoverlabel: {
        bgcolor: theme("background-color"),
        bordercolor: theme("border-color"),
        font: { color: text, family: theme("font") },
      },
      xaxis: axis,
      yaxis: axis,
      colorway: [text],
    },
  };
  return layout;
};

// A change of theme draws anew but does not run the script, which chose the lines' colours.
const tellThemeChange = (element, setTriggerValue) => {
  const background = getComputedStyle(element).getPropertyValue("--st-background-color");
  if (element.background && element.background !== background) {
    setTriggerValue("theme", background);
  }
  element.background = background;
};

const draw = async ({ data, parentElement, setTriggerValue }) => {
  const element = parentElement.querySelector(".lossopt-figure");
  tellThemeChange(element, setTriggerValue);
  element.setAttribute("aria-label", data.alt);
  element.style.height = `${data.height}px`;
  let Plotly;
  try {
    Plotly = await load(data.library);
  } catch {
    element.textContent = "The chart could not be drawn: its library did not load. Reload the page.";
    return;
  }
  const figure = JSON.parse(data.figure);
  await Plotly.react(element, figure.data, themed(figure, element), {
    displaylogo: false,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    toImageButtonOptions: { format: "svg", filename: data.name },
  });
  if (!element.watched) {
    // A hidden tab has no size: draw again when the element gets one.
    element.watched = new ResizeObserver(() => {
      if (element.isConnected && element.offsetWidth > 0 && element._fullLayout) {
        Plotly.Plots.resize(element);
      }
    });
    element.watched.observe(element);
  }
};

export default function (component) {
  draw(component);
  const element = component.parentElement.querySelector(".lossopt-figure");
  return () => {
    element.watched?.disconnect();
    // Not at once: plotly may be in the middle of drawing, and would stumble.
    setTimeout(() => element.isConnected || window.Plotly?.purge(element), 2000);
  };
}

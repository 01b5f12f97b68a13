// A slider through the kept points of a training.  Figures with frames follow it by an event on
// the document (see figure.js): nothing is asked of the server while it moves.

const MILLISECONDS_A_TICK = 120;

const tell = (root, tick) => {
  const { clock, words } = root.told;
  root.range.value = tick;
  root.output.textContent = words[tick];
  root.range.setAttribute("aria-valuetext", words[tick]);
  (document.lossoptTicks ??= {})[clock] = tick;
  document.dispatchEvent(new CustomEvent("lossopt-tick", { detail: clock }));
};

const stop = (root) => {
  clearInterval(root.playing);
  root.playing = undefined;
  root.button.textContent = "Play";
};

const settled = (root) => {
  root.reported = Number(root.range.value);
  if (root.told.reports) root.setStateValue("tick", root.reported);
};

const play = (root) => {
  const last = root.told.words.length - 1;
  if (Number(root.range.value) === last) tell(root, 0);
  root.button.textContent = "Pause";
  root.playing = setInterval(() => {
    const tick = Number(root.range.value) + 1;
    tell(root, Math.min(tick, last));
    if (tick >= last) {
      stop(root);
      settled(root);
    }
  }, MILLISECONDS_A_TICK);
};

const begin = (root) => {
  root.button = root.querySelector("button");
  root.range = root.querySelector("input");
  root.output = root.querySelector("output");
  root.output.setAttribute("aria-live", "off"); // the slider itself says its value
  root.range.addEventListener("input", () => {
    stop(root);
    tell(root, Number(root.range.value));
  });
  root.range.addEventListener("change", () => settled(root));
  root.button.addEventListener("click", () => {
    if (root.playing === undefined) return play(root);
    stop(root);
    settled(root);
  });
  stop(root);
};

// The figures that follow are further down the page: the slider stays in view above them.
const stay = (root) => {
  const place = root.getRootNode().host.closest('[data-testid="stElementContainer"]');
  if (!place) return;
  place.style.position = "sticky";
  place.style.top = "3.5rem"; // below the app's header
  place.style.zIndex = 90;
};

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".travel");
  if (!root.range) begin(root);
  stay(root);
  root.style.colorScheme = data.theme;
  const before = root.told;
  root.told = data;
  root.setStateValue = setStateValue;
  root.setAttribute("aria-label", data.label);
  root.range.setAttribute("aria-label", data.label);
  root.range.max = data.words.length - 1;
  // Other runs, or another place that the server has chosen: go there.  Otherwise stay, as when
  // it answers what was reported, while somebody moves on.
  const chosen = before?.tick !== data.tick && root.reported !== data.tick;
  if (before?.of !== data.of || chosen) {
    stop(root);
    tell(root, data.tick);
  } else {
    tell(root, Number(root.range.value));
  }
  return () => {
    stop(root);
    delete document.lossoptTicks?.[root.told.clock];
  };
}

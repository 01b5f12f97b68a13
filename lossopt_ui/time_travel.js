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
  if (root.told.reports) root.setStateValue("tick", Number(root.range.value));
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

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".travel");
  if (!root.range) begin(root);
  const before = root.told;
  root.told = data;
  root.setStateValue = setStateValue;
  root.setAttribute("aria-label", data.label);
  root.range.setAttribute("aria-label", data.label);
  root.range.max = data.words.length - 1;
  // Other runs, or another place that the server has chosen: go there.  Otherwise stay.
  if (before?.of !== data.of || before?.tick !== data.tick) {
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

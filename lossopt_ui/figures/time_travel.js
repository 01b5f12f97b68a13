// A slider through the kept points of a training.  Figures with frames follow it by an event on
// the document (see figure.js): nothing is asked of the server while it moves.

const MILLISECONDS_A_TICK = 120;
const STILL = 250; // milliseconds without a key after which the slider has arrived

const tell = (root, tick) => {
  const { clock, words } = root.told;
  root.range.value = tick;
  root.output.textContent = words[tick];
  root.range.setAttribute("aria-valuetext", words[tick]);
  document.lossoptTicks ??= {};
  document.lossoptTicks[clock] = tick;
  document.dispatchEvent(new CustomEvent("lossopt-tick", { detail: clock }));
};

const stop = (root) => {
  clearInterval(root.playing);
  root.playing = undefined;
  root.button.textContent = root.told?.play ?? "Play";
};

// Where it is let go; a key that is held down is one way, not many.
const arriveSoon = (root) => {
  clearTimeout(root.arriving);
  root.arriving = setTimeout(() => arrive(root), STILL);
};

const arrive = (root) => {
  forget(root);
  root.reported = Number(root.range.value);
  if (root.told.reports) root.setTriggerValue("tick", root.reported);
};

const forget = (root) => {
  clearTimeout(root.arriving);
  root.arriving = undefined;
};

const approach = (root) => {
  if (!root.told.asks || root.told.disabled || root.asked) return;
  root.asked = true;
  root.setTriggerValue("approach", true);
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
      arrive(root);
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
  root.range.addEventListener("change", () => arriveSoon(root));
  root.addEventListener("pointerenter", () => approach(root));
  root.addEventListener("focusin", () => approach(root));
  // Who goes on to a button means the place where the slider is.
  root.addEventListener("focusout", () => root.arriving && arrive(root));
  root.button.addEventListener("click", () => {
    if (root.playing === undefined) return play(root);
    stop(root);
    arrive(root);
  });
};

// The figures that follow are further down the page: the slider stays in view above them.
const stay = (root) => {
  const place = root.getRootNode().host.closest('[data-testid="stElementContainer"]');
  if (!place) return;
  place.style.position = "sticky";
  place.style.top = "3.5rem"; // below the app's header
  place.style.zIndex = 90;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".travel");
  if (!root.range) begin(root);
  stay(root);
  root.style.colorScheme = data.theme;
  const before = root.told;
  root.told = data;
  root.asked = false;
  root.setTriggerValue = setTriggerValue;
  root.setAttribute("aria-label", data.label);
  root.range.setAttribute("aria-label", data.label);
  root.range.max = data.words.length - 1;
  root.range.disabled = root.button.disabled = data.disabled;
  // Other runs, or another place that the server has chosen: go there.  Otherwise stay, as when
  // it answers what was reported, while somebody moves on.
  const chosen = before?.tick !== data.tick && root.reported !== data.tick;
  if (before?.of !== data.of || chosen) {
    forget(root);
    stop(root);
    tell(root, data.tick);
  } else {
    tell(root, Number(root.range.value));
  }
  return () => {
    stop(root);
    forget(root);
    delete document.lossoptTicks?.[root.told.clock];
  };
}

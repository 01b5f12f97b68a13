// A slider through the stored points of a run.  Figures with frames follow it through an event on
// the document (see figure.js), without a request to the server.

const MILLISECONDS_PER_TICK = 120;
const STILL = 250; // milliseconds without a key until the slider counts as released

const goTo = (root, tick) => {
  const { clock, words } = root.data;
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
  root.button.textContent = "Play";
};

// Reports the released position; holding down a key counts as one movement.
const arriveSoon = (root) => {
  clearTimeout(root.arriving);
  root.arriving = setTimeout(() => arrive(root), STILL);
};

const arrive = (root) => {
  forget(root);
  root.reported = Number(root.range.value);
  if (root.data.reports) root.setTriggerValue("tick", root.reported);
};

const forget = (root) => {
  clearTimeout(root.arriving);
  root.arriving = undefined;
};

const play = (root) => {
  const last = root.data.words.length - 1;
  if (Number(root.range.value) === last) goTo(root, 0);
  root.button.textContent = "Pause";
  root.playing = setInterval(() => {
    const tick = Number(root.range.value) + 1;
    goTo(root, Math.min(tick, last));
    if (tick >= last) {
      stop(root);
      arrive(root);
    }
  }, MILLISECONDS_PER_TICK);
};

const begin = (root) => {
  root.button = root.querySelector("button");
  root.range = root.querySelector("input");
  root.output = root.querySelector("output");
  root.output.setAttribute("aria-live", "off"); // the slider itself announces its value
  root.range.addEventListener("input", () => {
    stop(root);
    goTo(root, Number(root.range.value));
  });
  root.range.addEventListener("change", () => arriveSoon(root));
  // Moving the focus on to a button uses the slider's current position.
  root.addEventListener("focusout", () => root.arriving && arrive(root));
  root.button.addEventListener("click", () => {
    if (root.playing === undefined) return play(root);
    stop(root);
    arrive(root);
  });
};

// The figures are further down the page: the slider stays in view above them.
const stay = (root) => {
  const place = root.getRootNode().host.closest('[data-testid="stElementContainer"]');
  if (!place) return;
  place.style.position = "sticky";
  // Below the app's header; a lesson that takes this place makes it "auto".
  place.style.top = "var(--lossopt-slider-top, 3.5rem)";
  place.style.zIndex = 90;
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".travel");
  if (!root.range) begin(root);
  stay(root);
  root.style.colorScheme = data.theme;
  const before = root.data;
  root.data = data;
  root.setTriggerValue = setTriggerValue;
  root.setAttribute("aria-label", data.label);
  root.range.setAttribute("aria-label", data.label);
  root.range.max = data.words.length - 1;
  // Other runs, or a tick chosen by the server: go there.  Otherwise stay, so that a reply to an
  // earlier report does not interrupt the visitor.
  const chosen = before?.tick !== data.tick && root.reported !== data.tick;
  if (before?.of !== data.of || chosen) {
    forget(root);
    stop(root);
    goTo(root, data.tick);
  } else {
    goTo(root, Number(root.range.value));
  }
  return () => {
    stop(root);
    forget(root);
    delete document.lossoptTicks?.[root.data.clock];
  };
}

// Outlines what a lesson's step speaks of, scrolls to it once, and keeps the lesson in view.  The
// progress of the lessons is kept in this browser.

const STORED = "lossopt-lessons";
const LOOK_EVERY = 300; // milliseconds; what a step speaks of may appear after a training
const MOVES = ["wheel", "pointerdown", "keydown"]; // after these the visitor decides what is in view
const MOST_OF_SCREEN = 0.4; // that the lesson may cover while it stays in view

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const subjectOf = ({ subject }) => {
  if (!subject) return null;
  const name = CSS.escape(`st-key-${subject}`);
  return document.querySelector(`.${name}`) ?? document.querySelector(`[class*="${name}"]`);
};

const plain = (root) => {
  if (root.outlined) root.outlined.style.outline = root.outlined.style.outlineOffset = "";
  root.outlined = undefined;
};

const outline = (root, element) => {
  if (root.outlined === element) return;
  plain(root);
  root.outlined = element;
  const colour = getComputedStyle(root).getPropertyValue("--st-primary-color");
  element.style.outline = `3px solid ${colour}`;
  element.style.outlineOffset = "4px";
};

// On a small screen the lesson would cover too much.
const stay = (root) => {
  const panel = root.getRootNode().host.closest(".st-key-lesson");
  if (!panel) return 0;
  const fits = panel.offsetHeight < MOST_OF_SCREEN * window.innerHeight;
  panel.style.position = fits ? "sticky" : "";
  panel.style.top = "3.75rem"; // below the app's header
  panel.style.zIndex = 80;
  panel.style.background = getComputedStyle(root).getPropertyValue("--st-background-color");
  return fits ? panel.offsetHeight : 0;
};

const look = (root) => {
  const covered = stay(root);
  const element = subjectOf(root.data);
  if (!element?.offsetParent) return;
  outline(root, element);
  if (root.scrolled) return;
  root.scrolled = true;
  const { top, bottom } = element.getBoundingClientRect();
  if (top >= covered + 60 && bottom <= window.innerHeight) return;
  element.style.scrollMarginTop = `${covered + 80}px`;
  element.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
};

const stored = () => {
  try {
    return JSON.parse(localStorage.getItem(STORED)) ?? {};
  } catch {
    return {}; // no storage, or not our text
  }
};

const keep = (progress) => {
  try {
    localStorage.setItem(STORED, JSON.stringify(progress));
  } catch {
    // Without storage the progress lasts as long as the page.
  }
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".guide");
  if (root.data?.step !== data.step) root.scrolled = false;
  root.data = data;
  const before = JSON.stringify(stored());
  const asked = window.lossoptLessonsAsked; // once for the document: a session is as long
  window.lossoptLessonsAsked = true;
  if (!asked && !data.known && before !== "{}") setTriggerValue("progress", stored());
  else if (before !== JSON.stringify(data.progress)) keep(data.progress);
  root.onMove ??= () => {
    root.scrolled = true;
  };
  for (const kind of MOVES) document.addEventListener(kind, root.onMove, { passive: true });
  clearInterval(root.looking);
  if (data.subject) {
    look(root);
    root.looking = setInterval(() => look(root), LOOK_EVERY);
  } else plain(root);
  return () => {
    clearInterval(root.looking);
    for (const kind of MOVES) document.removeEventListener(kind, root.onMove);
    plain(root);
  };
}

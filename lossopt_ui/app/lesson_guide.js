// Outlines what a lesson's step speaks of, scrolls to it, and keeps the lesson in view.  The
// progress of the lessons is kept in this browser.

const STORED = "lossopt-lessons";
const LOOK_EVERY = 300; // milliseconds; what a step speaks of may appear after a training
const MOVES = ["wheel", "pointerdown", "keydown"]; // after these the visitor decides what is in view
const MOST_OF_SCREEN = 0.45; // that the lesson may cover while it stays in view
const BELOW_HEADER = "3.75rem"; // of the app
const SLIDER_TOP = "--lossopt-slider-top"; // where the slider through time stays, in its style
const STICKY = ["position", "top", "zIndex", "background"];

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

const withKey = (beginning) => {
  if (!beginning) return null;
  const name = CSS.escape(`st-key-${beginning}`);
  return document.querySelector(`.${name}`) ?? document.querySelector(`[class*="${name}"]`);
};

// What can be seen of the subject: a part that is folded away is unfolded once; on a narrow screen
// the sidebar is closed, and the button that opens it stands for what is in there.
const visible = (root, found) => {
  const folded = found?.closest("details:not([open])")?.querySelector("summary");
  if (folded && !root.moved && !root.unfolded) {
    root.unfolded = true;
    folded.click();
  }
  const shown = folded ?? found;
  const sidebar = shown?.closest('[data-testid="stSidebar"]');
  if (sidebar?.getBoundingClientRect().right <= 0) {
    return document.querySelector('[data-testid="stExpandSidebarButton"]');
  }
  return shown;
};

const plain = (root) => {
  if (root.outlined) root.outlined.style.outline = root.outlined.style.outlineOffset = "";
  root.outlined = undefined;
};

// Streamlit may have removed the outline from an element that it drew anew.
const outline = (root, element) => {
  if (root.outlined === element && element.style.outlineStyle === "solid") return;
  plain(root);
  root.outlined = element;
  const colour = getComputedStyle(root).getPropertyValue("--st-primary-color");
  element.style.outline = `3px solid ${colour}`;
  element.style.outlineOffset = "4px";
};

const panelOf = (root) => root.getRootNode().host?.closest(".st-key-lesson");

// What keeps a place on the screen must be a child of something higher: Streamlit wraps the panel
// in a box of its own height.
const boxOf = (panel) => {
  let box = panel;
  while (box.parentElement && box.parentElement.offsetHeight <= panel.offsetHeight + 1) {
    box = box.parentElement;
  }
  return box;
};

const release = (root) => {
  if (!root.box) return;
  for (const name of STICKY) root.box.style[name] = "";
  document.documentElement.style.removeProperty(SLIDER_TOP);
  root.box = undefined;
};

// On a small screen the lesson would cover too much.
const stay = (root) => {
  const panel = panelOf(root);
  const fits = panel && panel.offsetHeight < MOST_OF_SCREEN * window.innerHeight;
  const box = fits ? boxOf(panel) : undefined;
  if (root.box !== box) release(root);
  root.box = box;
  if (!box) return 0;
  const background = getComputedStyle(root).getPropertyValue("--st-background-color");
  // Two bars would cover too much: the slider (z-index 90) scrolls away below this one.
  document.documentElement.style.setProperty(SLIDER_TOP, "auto");
  Object.assign(box.style, { position: "sticky", top: BELOW_HEADER, zIndex: 95, background });
  return panel.offsetHeight;
};

const scrollTo = (element, below) => {
  element.style.scrollMarginTop = `${below}px`;
  element.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
};

// The end of a lesson, which is too long to stay in view, is shown once.
const showEnd = (root) => {
  if (!root.ended) scrollTo(panelOf(root), 60);
  root.ended = true;
};

const look = (root) => {
  const covered = stay(root);
  if (root.data.over && !covered) showEnd(root);
  const result = withKey(root.data.shows);
  // What came of a step is worth a look, wherever one has scrolled to before.
  if (Boolean(result) !== root.resulted) root.moved = false;
  root.resulted = Boolean(result);
  const element = visible(root, result ?? withKey(root.data.subject));
  if (!element?.offsetParent) return plain(root);
  outline(root, element);
  // Again if what is drawn late above it pushes it away; but a lesson that would leave the screen
  // is to be read first.
  if (root.moved || root.data.over || !(covered || result)) return;
  const { top, bottom } = element.getBoundingClientRect();
  if (top < covered + 60 || bottom > window.innerHeight) scrollTo(element, covered + 80);
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
  if (root.data?.step !== data.step) root.moved = root.unfolded = root.ended = false;
  root.data = data;
  const before = JSON.stringify(stored());
  const asked = window.lossoptLessonsAsked; // once for the document: a session is as long
  window.lossoptLessonsAsked = true;
  if (!asked && !data.known && before !== "{}") setTriggerValue("progress", stored());
  else if (before !== JSON.stringify(data.progress)) keep(data.progress);
  // Until it is there, nobody can have decided to look elsewhere; nor has who uses the lesson.
  root.onMove ??= ({ target }) => {
    if (root.outlined && !panelOf(root)?.contains(target)) root.moved = true;
  };
  for (const kind of MOVES) document.addEventListener(kind, root.onMove, { passive: true });
  clearInterval(root.looking);
  if (data.step) {
    look(root);
    root.looking = setInterval(() => look(root), LOOK_EVERY);
  } else plain(root);
  return () => {
    clearInterval(root.looking);
    for (const kind of MOVES) document.removeEventListener(kind, root.onMove);
    plain(root);
    release(root);
  };
}

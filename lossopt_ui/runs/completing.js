// Completes the filter while one types: a list below Streamlit's own field, which becomes a combobox.
// The server says what can follow.  Nothing is chosen unless one asks for it, so that Enter applies
// what was typed.

const PAUSE = 120; // milliseconds without a key before the server is asked
const PATIENCE = 2000; // milliseconds until an answer counts as lost
const TRIES = 4;
const GAP = 4; // pixels between field and list
const NARROWEST = 300; // pixels

const before = ({ input }) => input.value.slice(0, input.selectionStart);

const hide = (root) => {
  if (root.list.matches(":popover-open")) root.list.hidePopover();
  root.active = -1;
  root.input.setAttribute("aria-expanded", "false");
  root.input.removeAttribute("aria-activedescendant");
};

const close = (root) => {
  clearTimeout(root.asking);
  hide(root);
};

// Asks the server, and again if no answer comes: one is lost if the page is drawn anew meanwhile.
const ask = (root, tries = TRIES, pause = PAUSE) => {
  clearTimeout(root.asking);
  root.asking = setTimeout(() => {
    if (!root.isConnected || !root.input) return;
    // The time lets the same text be answered again.
    root.setTriggerValue("typed", [before(root), Date.now()]);
    if (tries > 1) ask(root, tries - 1, PATIENCE);
  }, pause);
};

const place = ({ input, list }) => {
  const box = input.getBoundingClientRect();
  const width = Math.min(Math.max(box.width, NARROWEST), window.innerWidth - 2 * GAP);
  list.style.width = `${width}px`;
  list.style.left = `${Math.max(GAP, Math.min(box.left, window.innerWidth - width - GAP))}px`;
  list.style.top = `${box.bottom + GAP}px`;
};

const activate = (root, place) => {
  const items = [...root.list.children];
  root.active = (place + items.length) % items.length;
  for (const [k, item] of items.entries()) {
    item.setAttribute("aria-selected", String(k === root.active));
  }
  items[root.active].scrollIntoView({ block: "nearest" });
  root.input.setAttribute("aria-activedescendant", items[root.active].id);
};

// React notices a value only if it is set by the element's own setter.
const write = (input, text, caret) => {
  Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(input, text);
  input.setSelectionRange(caret, caret);
  input.dispatchEvent(new Event("input", { bubbles: true }));
};

const choose = (root, place) => {
  const { input, data } = root;
  const after = input.value.slice(input.selectionStart);
  const put = data.offers[place].text;
  const begun = input.value.slice(0, data.start) + (after.startsWith(" ") ? put.trimEnd() : put);
  close(root);
  write(input, begun + after, begun.length);
};

const show = (root) => {
  const items = root.data.offers.map(({ label, about }, k) => {
    const item = document.createElement("li");
    item.id = `lossopt-completion-${k}`;
    item.setAttribute("role", "option");
    item.setAttribute("aria-selected", "false");
    const [text, kind] = [document.createElement("span"), document.createElement("span")];
    text.textContent = label;
    kind.textContent = about;
    kind.className = "lossopt-completions-about";
    item.append(text, kind);
    item.addEventListener("click", () => choose(root, k));
    return item;
  });
  root.list.replaceChildren(...items);
  root.active = -1;
  root.count.textContent = items.length === 1 ? "1 completion" : `${items.length} completions`;
  if (!items.length) return close(root);
  root.input.removeAttribute("aria-activedescendant");
  root.input.setAttribute("aria-expanded", "true");
  place(root);
  if (!root.list.matches(":popover-open")) root.list.showPopover();
  root.list.scrollTop = 0;
};

const press = (root, event) => {
  const open = root.list.matches(":popover-open");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const chooses = open && root.active >= 0 && ["Enter", "Tab"].includes(event.key);
  if (step && open) activate(root, root.active < 0 && step < 0 ? -1 : root.active + step);
  else if (event.key === "ArrowDown") ask(root);
  else if (chooses) choose(root, root.active);
  else if (open && event.key === "Escape") close(root);
  else {
    if (event.key === "Enter") close(root);
    return;
  }
  event.preventDefault();
  event.stopPropagation();
};

const attach = (root, input) => {
  root.input = input;
  const listeners = {
    input: () => ask(root),
    keydown: (event) => press(root, event),
    blur: () => close(root),
  };
  const attributes = {
    role: "combobox",
    autocomplete: "off",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": root.list.id,
  };
  for (const [name, value] of Object.entries(attributes)) input.setAttribute(name, value);
  for (const [name, listener] of Object.entries(listeners)) input.addEventListener(name, listener);
  // Not a question that waits: Streamlit detaches and attaches again when the page is drawn.
  root.detach = () => {
    hide(root);
    for (const name of Object.keys(attributes)) input.removeAttribute(name);
    for (const [name, listener] of Object.entries(listeners)) {
      input.removeEventListener(name, listener);
    }
  };
};

const begin = (root) => {
  root.list = root.querySelector("ul");
  root.count = root.querySelector('[role="status"]');
  // A click on the list must not take the focus from the field.
  root.list.addEventListener("pointerdown", (event) => event.preventDefault());
  root.list.addEventListener("mousedown", (event) => event.preventDefault());
  root.follow = () => root.list.matches(":popover-open") && place(root);
  window.addEventListener("resize", root.follow);
  document.addEventListener("scroll", root.follow, true);
};

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".lossopt-completing");
  const input = root.closest(".st-key-filter-field")?.querySelector(".st-key-filter input");
  if (!input) return undefined;
  if (!root.list) begin(root);
  root.setTriggerValue = setTriggerValue;
  if (root.input !== input) {
    root.detach?.();
    attach(root, input);
  }
  const isNew = root.answered !== data.asked;
  root.data = data;
  root.answered = data.asked;
  // An answer to something else than what stands there now comes too late.
  const current = data.typed !== null && data.typed === before(root);
  if (isNew && current) {
    clearTimeout(root.asking);
    if (input.getRootNode().activeElement === input) show(root);
  }
  return () => {
    root.detach?.();
    root.input = undefined;
    window.removeEventListener("resize", root.follow);
    document.removeEventListener("scroll", root.follow, true);
    root.list = undefined;
  };
}

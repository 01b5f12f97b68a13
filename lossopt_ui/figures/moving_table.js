// A table whose rows change with the tick of a slider (see time_travel.js).

const row = (kind, texts) => {
  const element = document.createElement("tr");
  element.append(
    ...texts.map((text) => Object.assign(document.createElement(kind), { textContent: text })),
  );
  return element;
};

const draw = (root) => {
  const { clock, which, rows } = root.data;
  const tick = Math.min(document.lossoptTicks?.[clock] ?? Infinity, which.length - 1);
  const shown = rows[which[tick]].map((texts) => row("td", texts));
  root.querySelector("tbody").replaceChildren(...shown);
};

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".frame");
  root.data = data;
  root.querySelector("caption").textContent = data.title;
  root.querySelector("thead").replaceChildren(row("th", data.columns));
  for (const head of root.querySelectorAll("th")) head.scope = "col";
  draw(root);
  root.onTick ??= ({ detail: clock }) => clock === root.data.clock && draw(root);
  document.addEventListener("lossopt-tick", root.onTick);
  return () => document.removeEventListener("lossopt-tick", root.onTick);
}

// Draws the objective over the updates, and the loss of each point.

const MOST_PLACES = 160; // of a line: more are not seen
const LEFT = 44; // pixels for the numbers of the y-axis

// The next larger of 1, 2 and 5 times a power of ten: an axis that rarely changes.
const rounded = (value) => {
  if (!(value > 0) || !Number.isFinite(value)) return 1;
  const decade = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((each) => each * decade >= value * (1 - 1e-9)) * decade;
};

const brief = (value) => Number(value.toPrecision(3)).toString().replace("-", "−");

const scaleOf = ({ log, low, high }, top, bottom) => {
  const place = log ? (value) => Math.log10(Math.max(value, low)) : (value) => value;
  const [from, to] = [place(low), place(high)];
  return (value) => bottom - ((place(value) - from) / (to - from || 1)) * (bottom - top);
};

const frame = (context, { left, right, top, bottom }, look) => {
  context.strokeStyle = look.grid;
  context.lineWidth = look.ratio;
  context.strokeRect(left, top, right - left, bottom - top);
};

const words = (context, look, align, ...texts) => {
  context.fillStyle = look.text;
  context.font = `${12 * look.ratio}px ${look.font}`;
  context.textAlign = align;
  for (const [text, x, y] of texts) context.fillText(text, x, y);
};

// The range of the y-axis for both sides, from all frames up to the last one seen.
export const rangeOf = (sides, last, log) => {
  let high = 0;
  let low = Infinity;
  const stride = Math.max(1, Math.floor(last / MOST_PLACES));
  for (const { rows } of sides) {
    for (let k = 0; k <= last; k += stride) {
      const value = rows[k][0];
      if (Number.isFinite(value)) high = Math.max(high, value);
      for (const part of [rows[k][0], rows[k][1]]) if (part > 0) low = Math.min(low, part);
    }
  }
  high = rounded(high);
  if (!log) return { log, low: 0, high };
  low = 10 ** Math.floor(Math.log10(Math.min(low, high / 10)));
  return { log, low: Math.max(low, high * 1e-8), high };
};

const line = (context, rows, column, last, x, y, updates) => {
  const stride = Math.max(1, Math.floor(last / MOST_PLACES));
  context.beginPath();
  let begun = false;
  const to = (k) => {
    const value = rows[k][column];
    if (!Number.isFinite(value)) return;
    if (begun) context.lineTo(x(updates[k]), y(value));
    else context.moveTo(x(updates[k]), y(value));
    begun = true;
  };
  for (let k = 0; k < last; k += stride) to(k);
  to(last);
  context.stroke();
};

export const drawCurve = (canvas, { rows }, updates, seen, now, range, colour, look) => {
  const context = canvas.getContext("2d");
  const r = look.ratio;
  const [width, height] = [canvas.width, canvas.height];
  const box = { left: LEFT * r, right: width - 8 * r, top: 8 * r, bottom: height - 18 * r };
  context.clearRect(0, 0, width, height);
  frame(context, box, look);
  const end = Math.max(50, rounded(updates[seen]));
  const x = (update) => box.left + (update / end) * (box.right - box.left);
  const y = scaleOf(range, box.top, box.bottom);
  words(context, look, "right", [brief(range.high), box.left - 4 * r, box.top + 8 * r],
    [brief(range.low), box.left - 4 * r, box.bottom], [end.toLocaleString("en"), box.right, height - 4 * r]); // biome-ignore format: one call
  words(context, look, "left", ["0", box.left, height - 4 * r]);
  words(context, look, "center", ["updates", (box.left + box.right) / 2, height - 4 * r]);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  const lines = [
    [2, look.grey, 1.5, [5, 4]],
    [4, colour, 1.5, [2, 3]],
    [1, colour, 1.5, []],
    [0, look.text, 2.2, []],
  ];
  for (const [column, tone, thick, dash] of lines) {
    context.strokeStyle = tone;
    context.lineWidth = thick * r;
    context.setLineDash(dash.map((each) => each * r));
    line(context, rows, column, seen, x, y, updates);
  }
  context.setLineDash([]);
  context.strokeStyle = look.text;
  context.lineWidth = r;
  context.beginPath();
  context.moveTo(x(updates[now]), box.top);
  context.lineTo(x(updates[now]), box.bottom);
  context.stroke();
  context.restore();
};

export const drawLosses = (canvas, losses, labels, look) => {
  const context = canvas.getContext("2d");
  const r = look.ratio;
  const [width, height] = [canvas.width, canvas.height];
  const box = { left: LEFT * r, right: width - 8 * r, top: 8 * r, bottom: height - 18 * r };
  context.clearRect(0, 0, width, height);
  frame(context, box, look);
  const top = rounded(losses.reduce((most, each) => Math.max(each, most), 0));
  const step = (box.right - box.left) / losses.length;
  losses.forEach((loss, index) => {
    if (!(loss > 0)) return;
    const high = Math.min(1, loss / top) * (box.bottom - box.top);
    context.fillStyle = look.colours[labels[index]];
    context.fillRect(box.left + index * step, box.bottom - high, Math.max(r, 0.85 * step), high);
  });
  words(context, look, "right", [brief(top), box.left - 4 * r, box.top + 8 * r],
    ["0", box.left - 4 * r, box.bottom]); // biome-ignore format: one call
  words(context, look, "center", ["points", (box.left + box.right) / 2, height - 4 * r]);
};

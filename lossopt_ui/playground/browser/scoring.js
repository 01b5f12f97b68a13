// Features, scores and predictions on a grid of the square, from weights.

export const bytesOf = (text) => {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let k = 0; k < bytes.length; k++) bytes[k] = letters.charCodeAt(k);
  return bytes;
};

// A feature is scale x^a y^b cos(u x + v y + phase).
export const featureAt = ([scale, a, b, u, v, phase], x, y) =>
  scale * x ** a * y ** b * (u || v || phase ? Math.cos(u * x + v * y + phase) : 1);

// Features of all places of the grid, one row per feature; rows of the grid go upwards.
export const featuresOnGrid = (terms, grid, side) => {
  const at = (k) => side * ((2 * k) / (grid - 1) - 1);
  return terms.map((term) =>
    Float64Array.from({ length: grid * grid }, (_, place) =>
      featureAt(term, at(place % grid), at(Math.floor(place / grid))),
    ),
  );
};

// Scores of all places, one row per class; weights are rows with the bias at their end.
export const scoresOf = (weights, features, out) => {
  const width = features.length + 1;
  for (let label = 0; label < out.length; label++) {
    const row = out[label];
    row.fill(weights[label * width + width - 1]);
    for (let k = 0; k < features.length; k++) {
      const weight = weights[label * width + k];
      const feature = features[k];
      for (let place = 0; place < row.length; place++) row[place] += weight * feature[place];
    }
  }
  return out;
};

// The predicted class of each place, and the confidence from 0 (a tie) to 1: for losses with a
// margin the lead over the second class as a share of it, else the rescaled probability.
export const predict = (scores, margin, chosen, confidence) => {
  const classes = scores.length;
  for (let place = 0; place < chosen.length; place++) {
    let first = -Infinity;
    let second = -Infinity;
    let label = 0;
    for (let k = 0; k < classes; k++) {
      const score = scores[k][place];
      if (score > first) {
        second = first;
        first = score;
        label = k;
      } else if (score > second) second = score;
    }
    chosen[place] = label;
    if (margin === null) {
      let total = 0;
      for (let k = 0; k < classes; k++) total += Math.exp(scores[k][place] - first);
      confidence[place] = (1 / total - 1 / classes) / (1 - 1 / classes);
    } else confidence[place] = Math.min(1, (first - second) / margin);
  }
};

// How far an example of the class is beyond the margin; from 0 on its loss is 0.
export const beyondMargin = (scores, label, { margin, pairwise }, out) => {
  for (let place = 0; place < out.length; place++) {
    let other = -Infinity;
    for (let k = 0; k < scores.length; k++) {
      if (k !== label && scores[k][place] > other) other = scores[k][place];
    }
    const own = scores[label][place];
    out[place] = (pairwise ? own - other : Math.min(own, -other)) - margin;
  }
  return out;
};

// Line segments along which a function on the grid is zero, as x and y of both ends in cells from
// the lower left.  Between neighbouring places the function is taken to be linear.
export const zeroSegments = (values, grid, out) => {
  out.length = 0;
  for (let row = 0; row < grid - 1; row++) {
    for (let column = 0; column < grid - 1; column++) {
      const place = row * grid + column;
      const a = values[place];
      const b = values[place + 1];
      const c = values[place + grid + 1];
      const d = values[place + grid];
      const above = (a > 0) + (b > 0) + (c > 0) + (d > 0);
      if (above === 0 || above === 4 || !Number.isFinite(a + b + c + d)) continue;
      const start = out.length;
      if (a > 0 !== b > 0) out.push(column + a / (a - b), row);
      if (b > 0 !== c > 0) out.push(column + 1, row + b / (b - c));
      if (c > 0 !== d > 0) out.push(column + d / (d - c), row + 1);
      if (d > 0 !== a > 0) out.push(column, row + a / (a - d));
      // A saddle has four ends: the two pairs that cut off the corners below zero.
      if (out.length - start === 8 && a <= 0) out.push(...out.splice(start, 2));
    }
  }
  return out;
};

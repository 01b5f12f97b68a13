// Draws a plane: decision regions, lines where a score is zero, margins, points.

import { beyondMargin, featuresOnGrid, predict, scoresOf, zeroSegments } from "./scoring.js";

export const SHAPES = {
  circle: "M-1 0A1 1 0 1 1 1 0A1 1 0 1 1-1 0Z",
  square: "M-.9-.9H.9V.9H-.9Z",
  diamond: "M0-1.25L1.25 0L0 1.25L-1.25 0Z",
  "triangle-up": "M0-1.2L1.15.9H-1.15Z",
  cross: "M-.4-1.15H.4V-.4H1.15V.4H.4V1.15H-.4V.4H-1.15V-.4H-.4Z",
};
const MOST_RINGS = 30; // more rings would hide the picture
const DASH = 2; // cells of the grid
const POINT = 0.017; // radius of a point as a share of the side
const RING = 0.029;
const paths = {};

export const channels = (colour) =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

// Buffers for one side; features are computed once for each map.
export const newPlane = ({ grid, side }, { terms, margin, pairwise }, classes) => {
  const places = grid * grid;
  const small = Object.assign(document.createElement("canvas"), { width: grid, height: grid });
  return {
    grid,
    half: side,
    margin,
    pairwise,
    features: featuresOnGrid(terms, grid, side),
    scores: Array.from({ length: classes }, () => new Float64Array(places)),
    chosen: new Uint8Array(places),
    confidence: new Float64Array(places),
    slack: new Float64Array(places),
    segments: [],
    small,
    image: new ImageData(grid, grid),
  };
};

const drawRegions = (plane, context, size, look) => {
  const { grid, chosen, confidence, image, small } = plane;
  const pixels = new Uint32Array(image.data.buffer);
  const colours = look.colours.map((colour) => {
    const [red, green, blue] = channels(colour);
    return red | (green << 8) | (blue << 16);
  });
  for (let row = 0; row < grid; row++) {
    const to = (grid - 1 - row) * grid;
    for (let column = 0; column < grid; column++) {
      const place = row * grid + column;
      const opacity = look.discretize ? 90 : 20 + 107 * confidence[place];
      pixels[to + column] = colours[chosen[place]] | (opacity << 24);
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = !look.discretize;
  // The grid's outer places lie on the border, so half a cell is cropped on each side.
  context.drawImage(small, 0.5, 0.5, grid - 1, grid - 1, 0, 0, size, size);
};

// Of a dashed line the segments in every other strip of the grid are drawn, across the direction of
// the line, which costs much less than a pattern of dashes.
const inGap = (segments, k) => {
  const steep =
    Math.abs(segments[k + 3] - segments[k + 1]) > Math.abs(segments[k + 2] - segments[k]);
  const from = steep ? k + 1 : k;
  return Math.floor((segments[from] + segments[from + 2]) / 2 / DASH) % 2 === 1;
};

const stroke = (context, segments, cell, size, dashed) => {
  context.beginPath();
  for (let k = 0; k < segments.length; k += 4) {
    if (dashed && inGap(segments, k)) continue;
    context.moveTo(segments[k] * cell, size - segments[k + 1] * cell);
    context.lineTo(segments[k + 2] * cell, size - segments[k + 3] * cell);
  }
  context.stroke();
};

// The middle of the segment nearest to a fixed place of the class, and the direction of increase.
const arrowOf = (plane, label, segments) => {
  const { grid, scores } = plane;
  const turn = 2 * Math.PI * (0.1 + label / scores.length);
  const [left, top] = [Math.cos(turn), Math.sin(turn)].map((each) => grid * (0.5 + 0.38 * each));
  let nearest = Infinity;
  let [x, y] = [0, 0];
  for (let k = 0; k < segments.length; k += 4) {
    const across = (segments[k] + segments[k + 2]) / 2;
    const above = (segments[k + 1] + segments[k + 3]) / 2;
    const far = (across - left) ** 2 + (above - top) ** 2;
    if (far < nearest) [nearest, x, y] = [far, across, above];
  }
  if (nearest === Infinity) return null;
  const place = Math.min(grid - 2, Math.floor(y)) * grid + Math.min(grid - 2, Math.floor(x));
  const right = scores[label][place + 1] - scores[label][place];
  const up = scores[label][place + grid] - scores[label][place];
  const length = Math.hypot(right, up);
  return length > 0 ? { x, y, right: right / length, up: up / length } : null;
};

const drawArrow = (context, { x, y, right, up }, cell, size) => {
  const [length, wing] = [0.055 * size, 0.016 * size];
  context.save();
  context.translate(x * cell, size - y * cell);
  context.rotate(Math.atan2(-up, right));
  context.beginPath();
  context.moveTo(0, 0);
  context.lineTo(length, 0);
  context.moveTo(length - wing, -wing * 0.7);
  context.lineTo(length, 0);
  context.lineTo(length - wing, wing * 0.7);
  context.stroke();
  context.restore();
};

const drawLines = (plane, context, size, look) => {
  const cell = size / (plane.grid - 1);
  const thin = look.ratio;
  plane.scores.forEach((row, label) => {
    context.strokeStyle = look.colours[label];
    if (plane.margin !== null) {
      const slack = beyondMargin(plane.scores, label, plane, plane.slack);
      context.lineWidth = 1.6 * thin;
      stroke(context, zeroSegments(slack, plane.grid, plane.segments), cell, size, true);
    }
    context.lineWidth = 2.6 * thin;
    const segments = zeroSegments(row, plane.grid, plane.segments);
    stroke(context, segments, cell, size, false);
    const arrow = arrowOf(plane, label, segments);
    if (arrow) drawArrow(context, arrow, cell, size);
  });
};

const drawAxes = (context, size, half, look) => {
  context.strokeStyle = look.grid;
  context.lineWidth = look.ratio;
  context.beginPath();
  context.moveTo(0, size / 2);
  context.lineTo(size, size / 2);
  context.moveTo(size / 2, 0);
  context.lineTo(size / 2, size);
  context.stroke();
  context.fillStyle = look.text;
  context.font = `${12 * look.ratio}px ${look.font}`;
  const at = (value) => (size * (value + half)) / (2 * half);
  const near = 5 * look.ratio;
  for (const value of [-1, 1]) {
    const word = String(value).replace("-", "−");
    context.textAlign = "center";
    context.fillText(word, at(value), size - near);
    context.textAlign = "left";
    context.fillText(word, near, size - at(value) + near);
  }
  context.textAlign = "right";
  context.fillText("x1", size - near, size - near);
  context.textAlign = "left";
  context.fillText("x2", near, 16 * look.ratio);
};

const drawPoint = (context, x, y, radius, symbol, colour, look, hollow) => {
  paths[symbol] ??= new Path2D(SHAPES[symbol]);
  context.setTransform(radius, 0, 0, radius, x, y);
  context.lineWidth = hollow ? 0.35 : 0.3;
  context.strokeStyle = hollow ? colour : look.background;
  context.fillStyle = hollow ? look.background : colour;
  context.fill(paths[symbol]);
  context.stroke(paths[symbol]);
  context.setTransform(1, 0, 0, 1, 0, 0);
};

const drawRing = (context, x, y, radius, width, opacity, look, dash) => {
  context.globalAlpha = opacity;
  context.strokeStyle = look.text;
  context.lineWidth = width * look.ratio;
  context.setLineDash(dash);
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 1;
};

// Rings mark active points, where some points need not be active and the rings leave room.
export const hasRings = (plane, pulls) =>
  plane.margin !== null && pulls.reduce((count, pull) => count + (pull > 0), 0) <= MOST_RINGS;

const drawRings = (plane, context, size, look, points, pulls) => {
  if (!hasRings(plane, pulls)) return;
  const at = (value) => (size * (value + plane.half)) / (2 * plane.half);
  points.forEach(([x, y], index) => {
    if (pulls[index] === 0) return;
    const opacity = 0.25 + (0.75 * pulls[index]) / 255;
    drawRing(context, at(x), size - at(y), RING * size, 2, opacity, look, []);
  });
};

// Axes and points do not change with the weights: they are drawn once, on a canvas of their own.
const drawFixed = (plane, size, look, { points, tests, selected }) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: size, height: size });
  const context = canvas.getContext("2d");
  const at = (value) => (size * (value + plane.half)) / (2 * plane.half);
  drawAxes(context, size, plane.half, look);
  const place = ([x, y, label], radius, hollow) =>
    drawPoint(context, at(x), size - at(y), radius * size, look.symbols[label],
      look.colours[label], look, hollow); // biome-ignore format: one call
  for (const point of tests) place(point, 0.8 * POINT, true);
  points.forEach((point, index) => {
    const [x, y] = point;
    if (index === selected) {
      drawRing(context, at(x), size - at(y), 1.35 * RING * size, 3, 1, look, [6, 4]);
    }
    place(point, POINT, false);
  });
  return canvas;
};

// Draws the plane for these weights; `scene` has the points, their pulls and the selected one.
export const drawPlane = (plane, canvas, weights, look, scene) => {
  const context = canvas.getContext("2d");
  const size = canvas.width;
  scoresOf(weights, plane.features, plane.scores);
  predict(plane.scores, plane.margin, plane.chosen, plane.confidence);
  context.clearRect(0, 0, size, size);
  drawRegions(plane, context, size, look);
  drawLines(plane, context, size, look);
  drawRings(plane, context, size, look, scene.points, scene.pulls);
  const of = [size, look, scene.points, scene.tests, scene.selected];
  if (!plane.fixedOf?.every((each, k) => each === of[k])) {
    plane.fixed = drawFixed(plane, size, look, scene);
    plane.fixedOf = of;
  }
  context.drawImage(plane.fixed, 0, 0);
};

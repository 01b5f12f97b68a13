// The frames that the server has trained, and the ones still to be asked for.

import { bytesOf } from "./scoring.js";

const floatsOf = (text) => new Float32Array(bytesOf(text).buffer);

const rowsOf = (numbers, count) => {
  const width = numbers.length / count;
  return Array.from({ length: count }, (_, k) => numbers.subarray(k * width, (k + 1) * width));
};

const NAMES = ["weights", "rows", "losses", "pulls"];

export const noFrames = () => ({ number: 0, updates: [], sides: [] });

// The index of the last frame up to an update.
export const frameAt = ({ updates }, update) => {
  let [low, high] = [0, updates.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (updates[middle] <= update) low = middle;
    else high = middle - 1;
  }
  return low;
};

export const lastUpdate = ({ updates }) => updates.at(-1) ?? 0;

// Adds a chunk; false if frames before it are missing.
export const addChunk = (frames, { number, keep, updates, sides }) => {
  if (number === frames.number) return true;
  const whole = keep < 0;
  if (!whole && (frames.number === 0 || lastUpdate(frames) < keep)) return false;
  if (!whole && frames.number !== number - 1) return false;
  const from = whole ? 0 : frames.updates.findLastIndex((each) => each <= keep) + 1;
  frames.number = number;
  frames.updates.length = from;
  frames.updates.push(...updates);
  frames.sides = sides.map((side, place) => {
    const before = frames.sides[place] ?? Object.fromEntries(NAMES.map((name) => [name, []]));
    return Object.fromEntries(
      NAMES.map((name) => {
        const numbers = name === "pulls" ? bytesOf(side[name]) : floatsOf(side[name]);
        return [name, [...before[name].slice(0, from), ...rowsOf(numbers, updates.length)]];
      }),
    );
  });
  return true;
};

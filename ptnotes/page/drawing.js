"use strict";
// A drawing in MNIST's form, by the rule of `ptnotes predict`: the foreground scaled into a box
// with its aspect ratio kept, placed in 28×28 pixels with its centre of mass in the middle.

const SIZE = 28;
const NOISE_FLOOR = 0.04; // of the maximum

// levels: Float64Array of height × width from 0 to 255 → Uint8Array of 28 × 28, or null if blank
function centerInFrame(levels, height, width, box, byMass) {
  let largest = 0;
  for (const each of levels) largest = Math.max(largest, each);
  if (largest < 16) return null;
  const clean = levels.map((each) => (each <= NOISE_FLOOR * largest ? 0 : (each * 255) / largest));
  let [top, bottom, left, right] = [height, -1, width, -1];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (clean[y * width + x]) {
        [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
        [left, right] = [Math.min(left, x), Math.max(right, x)];
      }
  let h = bottom - top + 1, w = right - left + 1;
  let crop = new Float64Array(h * w);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) crop[y * w + x] = clean[(top + y) * width + left + x];
  const scale = box / Math.max(h, w);
  if (scale !== 1) {
    const newH = Math.max(1, roundEven(h * scale)), newW = Math.max(1, roundEven(w * scale));
    crop = resizeRows(crop, h, w, newW);
    crop = transpose(resizeRows(transpose(crop, h, newW), newW, h, newH), newW, newH);
    [h, w] = [newH, newW];
    crop = crop.map((each) => Math.min(255, Math.max(0, each)));
    const peak = Math.max(1, ...crop);
    crop = crop.map((each) => (each * 255) / peak);
  }
  let y0 = Math.floor((SIZE - h) / 2), x0 = Math.floor((SIZE - w) / 2);
  if (byMass) {
    const rows = new Float64Array(h), columns = new Float64Array(w);
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++) {
        rows[y] += crop[y * w + x];
        columns[x] += crop[y * w + x];
      }
    [y0, x0] = [offset(rows), offset(columns)];
  }
  const image = new Uint8Array(SIZE * SIZE);
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++) image[(y0 + y) * SIZE + x0 + x] = roundEven(crop[y * w + x]);
  return image;
}

// Where a profile must begin for its centre of mass to be at 14.
function offset(profile) {
  let sum = 0, moment = 0;
  profile.forEach((each, place) => {
    sum += each;
    moment += each * place;
  });
  return Math.min(Math.max(SIZE / 2 - roundEven(moment / sum), 0), SIZE - profile.length);
}

function roundEven(x) {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 ? floor + 1 : floor;
}

function transpose(values, height, width) {
  const turned = new Float64Array(values.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) turned[x * height + y] = values[y * width + x];
  return turned;
}

// Bicubic with a = -0.5, its filter widened where it makes the image smaller, as Pillow has it.
function resizeRows(values, height, width, newWidth) {
  const scale = width / newWidth, widening = Math.max(scale, 1), support = 2 * widening;
  const result = new Float64Array(height * newWidth);
  for (let x = 0; x < newWidth; x++) {
    const centre = (x + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const end = Math.min(width, Math.trunc(centre + support + 0.5));
    const factors = [];
    for (let k = first; k < end; k++) factors.push(bicubic((k - centre + 0.5) / widening));
    const sum = factors.reduce((a, b) => a + b, 0);
    for (let y = 0; y < height; y++) {
      let total = 0;
      for (let k = first; k < end; k++) total += values[y * width + k] * factors[k - first];
      result[y * newWidth + x] = total / sum;
    }
  }
  return result;
}

function bicubic(x) {
  const a = -0.5, t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

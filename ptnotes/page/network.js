"use strict";
// A trained network, run in the page: the operations that ptnotes traced, in their order.
// A value is {shape, data}: an image [C, H, W], a vector [F], a sequence [S]. Sums are in double
// precision, results in float32.

function decodeFloats(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return new Float32Array(bytes.buffer);
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

function map(x, f) {
  return { shape: x.shape, data: Float32Array.from(x.data, f) };
}

const OPERATIONS = {
  same: (o, [x]) => x,
  relu: (o, [x]) => map(x, (v) => (v > 0 ? v : 0)),
  sigmoid: (o, [x]) => map(x, sigmoid),
  flatten: (o, [x]) => ({ shape: [x.data.length], data: x.data }),
  item: (o, [x]) => x.at(o.index),
  add: (o, [x, y]) => ({ shape: x.shape, data: x.data.map((v, i) => v + y.data[i]) }),

  cat(o, parts) {
    const data = new Float32Array(parts.reduce((sum, each) => sum + each.data.length, 0));
    let place = 0;
    for (const each of parts) {
      data.set(each.data, place);
      place += each.data.length;
    }
    const first = parts.reduce((sum, each) => sum + each.shape[0], 0);
    return { shape: [first, ...parts[0].shape.slice(1)], data };
  },

  linear(o, [x], weight) {
    const w = weight(o.weight), b = weight(o.bias);
    const [outputs, inputs] = o.weight.slice(1);
    const data = new Float32Array(outputs);
    for (let i = 0; i < outputs; i++) {
      let sum = b[i];
      for (let j = 0, k = i * inputs; j < inputs; j++, k++) sum += w[k] * x.data[j];
      data[i] = sum;
    }
    return { shape: [outputs], data };
  },

  conv2d(o, [x], weight) {
    const w = weight(o.weight), b = weight(o.bias);
    const [outputs, inputs, size] = o.weight.slice(1);
    const [, height, width] = x.shape;
    const h = Math.floor((height + 2 * o.padding - size) / o.stride) + 1;
    const v = Math.floor((width + 2 * o.padding - size) / o.stride) + 1;
    const data = new Float32Array(outputs * h * v);
    const sums = new Float64Array(h * v);
    for (let c = 0; c < outputs; c++) {
      sums.fill(b[c]);
      for (let d = 0; d < inputs; d++)
        for (let i = 0; i < size; i++)
          for (let j = 0; j < size; j++) {
            const factor = w[((c * inputs + d) * size + i) * size + j];
            for (let row = 0; row < h; row++) {
              const y = row * o.stride + i - o.padding;
              if (y < 0 || y >= height) continue;
              const line = (d * height + y) * width;
              for (let column = 0; column < v; column++) {
                const z = column * o.stride + j - o.padding;
                if (z >= 0 && z < width) sums[row * v + column] += factor * x.data[line + z];
              }
            }
          }
      data.set(sums, c * h * v);
    }
    return { shape: [outputs, h, v], data };
  },

  max_pool2d: (o, [x]) => pool(o, x, 0, (values) => Math.max(...values)),
  // padding counts, as torch has it by default
  avg_pool2d: (o, [x]) =>
    pool(o, x, o.padding, (values) => values.reduce((a, b) => a + b, 0) / o.kernel ** 2),

  // forward and backward directions, layer by layer; gives [outputs, states]
  gru(o, [codes], weight) {
    const table = weight(o.embedding), width = o.embedding[2], hidden = o.hidden;
    let inputs = Array.from(codes.data, (code) => table.subarray(code * width, (code + 1) * width));
    const states = [];
    for (let depth = 0; depth < o.cells.length; depth += 2) {
      const forward = recur(o.cells[depth], inputs, hidden, weight);
      const backward = recur(o.cells[depth + 1], inputs.toReversed(), hidden, weight);
      states.push(forward.at(-1), backward.at(-1));
      backward.reverse();
      inputs = forward.map((each, step) => {
        const both = new Float32Array(2 * hidden);
        both.set(each);
        both.set(backward[step], hidden);
        return both;
      });
    }
    const vector = (data) => ({ shape: [data.length], data });
    return [inputs.map(vector), states.map(vector)];
  },
};

function pool(o, x, padding, reduce) {
  const [channels, height, width] = x.shape;
  const h = Math.floor((height + 2 * padding - o.kernel) / o.stride) + 1;
  const v = Math.floor((width + 2 * padding - o.kernel) / o.stride) + 1;
  const data = new Float32Array(channels * h * v);
  for (let c = 0, k = 0; c < channels; c++)
    for (let row = 0; row < h; row++)
      for (let column = 0; column < v; column++, k++) {
        const values = [];
        for (let i = 0; i < o.kernel; i++)
          for (let j = 0; j < o.kernel; j++) {
            const y = row * o.stride + i - padding, z = column * o.stride + j - padding;
            if (y >= 0 && y < height && z >= 0 && z < width)
              values.push(x.data[(c * height + y) * width + z]);
          }
        data[k] = reduce(values);
      }
  return { shape: [channels, h, v], data };
}

// r, z = σ(W x + b + U h + c), n = tanh(W x + b + r (U h + c)), h ← n + z (h - n)
function recur(cell, inputs, hidden, weight) {
  const [wx, wh, bx, bh] = cell.map(weight);
  const product = (w, x, row) => {
    let sum = 0;
    for (let j = 0, k = row * x.length; j < x.length; j++, k++) sum += w[k] * x[j];
    return sum;
  };
  let state = new Float32Array(hidden);
  return inputs.map((x) => {
    const next = new Float32Array(hidden);
    for (let i = 0; i < hidden; i++) {
      const gate = (part) => [
        product(wx, x, part * hidden + i) + bx[part * hidden + i],
        product(wh, state, part * hidden + i) + bh[part * hidden + i],
      ];
      const [rx, rh] = gate(0), [zx, zh] = gate(1), [nx, nh] = gate(2);
      const n = Math.tanh(nx + sigmoid(rx + rh) * nh);
      next[i] = n + sigmoid(zx + zh) * (state[i] - n);
    }
    state = next;
    return state;
  });
}

class Network {
  constructor(graph) {
    this.graph = graph;
    this.weights = decodeFloats(graph.weights);
  }

  // All values in the order of the operations: the inputs, then what each operation gave.
  run(...inputs) {
    const weight = ([place, ...shape]) =>
      this.weights.subarray(place, place + shape.reduce((a, b) => a * b, 1));
    const values = [...inputs];
    for (const operation of this.graph.operations) {
      const sources = operation.in.map((number) => values[number]);
      if (operation.op === "output") return { logits: sources[0].data, values };
      values.push(OPERATIONS[operation.op](operation, sources, weight));
    }
  }
}

function softmax(logits) {
  const largest = Math.max(...logits);
  const powers = Array.from(logits, (each) => Math.exp(each - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((each) => each / sum);
}

"use strict";
// One run's network, and where its answer is shown.

const BARS = 10, MAPS = 32;

class Reader {
  constructor(run) {
    this.run = run;
    this.network = new Network(run.graph);
    this.bars = element("div", { className: "bars" });
    this.speed = element("p", { className: "note" });
    this.maps = element("div", { className: "maps" });
  }

  probabilities(...inputs) {
    const { logits, values } = this.network.run(...inputs);
    this.values = values;
    if (this.run.topic === "diabetes") return [1 - logits[0], logits[0]];
    return softmax(logits);
  }

  show(...inputs) {
    const started = performance.now();
    const found = this.probabilities(...inputs);
    const elapsed = performance.now() - started;
    if (!found.every(Number.isFinite)) {
      this.clear();
      this.speed.textContent = text("diverged");
      return;
    }
    this.speed.textContent = `${elapsed.toFixed(1)} ${text("speed")}`;
    const order = found.map((share, index) => [share, index]);
    if (order.length > BARS) order.sort((a, b) => b[0] - a[0]);
    const largest = Math.max(...found);
    this.bars.replaceChildren(
      ...order.slice(0, BARS).flatMap(([share, index]) => {
        const bar = element("span", { className: "bar" });
        bar.style.width = percent(share);
        const label = element("span", { className: share === largest ? "best" : "" });
        label.textContent = this.run.classes[index];
        return [label, element("span", { className: "track" }, bar), element("span", {}, percent(share))];
      }),
    );
    this.drawMaps();
  }

  clear() {
    this.bars.replaceChildren();
    this.maps.replaceChildren();
    this.speed.textContent = "";
  }

  drawMaps() {
    const { graph } = this.run;
    const rows = [];
    graph.operations.forEach((operation, place) => {
      const value = this.values[place + graph.inputs.length];
      if (operation.op !== "conv2d" || value.shape.length !== 3) return;
      const [channels, height, width] = value.shape;
      const drawn = [];
      for (let c = 0; c < Math.min(channels, MAPS); c++) {
        const part = value.data.subarray(c * height * width, (c + 1) * height * width);
        drawn.push(picture(part, height, width));
      }
      const title = `${operation.name} (${value.shape.join(", ")})`;
      rows.push(element("h4", {}, title), element("div", { className: "row" }, ...drawn));
    });
    this.maps.replaceChildren(...rows);
  }

  card(title) {
    const convolves = this.run.graph.operations.some((each) => each.op === "conv2d");
    const maps = convolves
      ? [element("details", { open: true }, element("summary", {}, text("maps")), this.maps)]
      : [];
    return element("section", { className: "card" },
      element("h2", {}, title), this.bars, this.speed, ...maps);
  }
}

// A canvas of one channel: from its least value to its largest, dark to light.
function picture(values, height, width) {
  const canvas = element("canvas", { width, height });
  const image = new ImageData(width, height);
  const low = Math.min(...values), range = Math.max(...values) - low || 1;
  values.forEach((value, place) => {
    const level = (255 * (value - low)) / range;
    image.data.set([level, level, level, 255], 4 * place);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

"use strict";
// What the page shows of the runs in it, and the inputs that their networks read.

const RUNS = JSON.parse(document.getElementById("runs").textContent);
const TEXTS = {
  en: {
    lead: "Networks trained with ptnotes. They run in this page: nothing is sent anywhere.",
    draw: "Draw a digit", item: "Draw", clear: "Clear", seen: "What the network sees",
    blank: "Draw with mouse, pen or finger. Keys: arrows move the pen, space lowers or lifts it, Escape clears.",
    name: "Type a surname", features: "Move the eight features", probabilities: "Probabilities",
    maps: "Feature maps", curve: "Loss and accuracy", trainLoss: "training loss",
    testLoss: "test loss", accuracy: "test accuracy", confusion: "Confusion matrix",
    rows: "true class down, predicted across", mistakes: "The most confident mistakes",
    speed: "ms a prediction", example: "Yamamoto", settings: "Settings",
  },
  zh: {
    lead: "用 ptnotes 训练的网络，就在这个页面里运行：任何内容都不会发送出去。",
    draw: "写一个数字", item: "画一画", clear: "清除", seen: "网络看到的图像",
    blank: "用鼠标、笔或手指书写。键盘：方向键移动画笔，空格键落笔或提笔，Esc 键清除。",
    name: "输入一个姓氏", features: "调整八个特征", probabilities: "概率",
    maps: "特征图", curve: "损失与准确率", trainLoss: "训练损失",
    testLoss: "测试损失", accuracy: "测试准确率", confusion: "混淆矩阵",
    rows: "行为真实类别，列为预测类别", mistakes: "最有把握的错误",
    speed: "毫秒／次预测", example: "Yamamoto", settings: "设置",
  },
};
const FEATURES = 8, BARS = 10, CANVAS = 280, PEN = 20, STEP = 10, MAPS = 32;

let language = navigator.language.startsWith("zh") ? "zh" : "en";
const text = (name) => TEXTS[language][name];

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const percent = (share) => `${(100 * share).toFixed(2)}%`;

// ---- one run's network and where its answer is shown

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

// ---- inputs

class Drawing {
  constructor(readers) {
    this.readers = readers;
    this.canvas = element("canvas", {
      width: CANVAS, height: CANVAS, className: "pad", tabIndex: 0, role: "img", id: "pad",
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.seen = element("div", { className: "seen" });
    this.pen = { x: CANVAS / 2, y: CANVAS / 2, down: false };
    this.listen();
    this.clear();
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      const scale = CANVAS / box.width;
      return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      [this.pen.x, this.pen.y] = at(event);
      this.drawing = true;
      this.line(this.pen.x, this.pen.y);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (this.drawing) for (const each of event.getCoalescedEvents?.() ?? [event]) this.line(...at(each));
    });
    const lift = () => {
      if (this.drawing) this.read();
      this.drawing = false;
    };
    this.canvas.addEventListener("pointerup", lift);
    this.canvas.addEventListener("pointercancel", lift);
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  key(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move) {
      const bounded = (value) => Math.min(CANVAS - PEN, Math.max(PEN, value));
      const x = bounded(this.pen.x + STEP * move[0]), y = bounded(this.pen.y + STEP * move[1]);
      if (this.pen.down) this.line(x, y);
      [this.pen.x, this.pen.y] = [x, y];
      if (this.pen.down) this.read();
    } else if (event.key === " ") {
      this.pen.down = !this.pen.down;
      if (this.pen.down) this.line(this.pen.x, this.pen.y);
    } else if (event.key === "Escape") this.clear();
    else return;
    event.preventDefault();
  }

  line(x, y) {
    const { context } = this;
    Object.assign(context, { lineCap: "round", lineJoin: "round", lineWidth: PEN, strokeStyle: "#fff" });
    context.beginPath();
    context.moveTo(this.pen.x, this.pen.y);
    context.lineTo(x, y);
    context.stroke();
    [this.pen.x, this.pen.y] = [x, y];
  }

  clear() {
    Object.assign(this.pen, { x: CANVAS / 2, y: CANVAS / 2, down: false });
    this.context.fillStyle = "#000";
    this.context.fillRect(0, 0, CANVAS, CANVAS);
    this.read();
  }

  read() {
    const pixels = this.context.getImageData(0, 0, CANVAS, CANVAS).data;
    const levels = new Float64Array(CANVAS * CANVAS);
    for (let i = 0; i < levels.length; i++) levels[i] = pixels[4 * i];
    this.seen.replaceChildren();
    for (const reader of this.readers) {
      const { box, byMass, mean, std } = reader.run.frame;
      const image = centerInFrame(levels, CANVAS, CANVAS, box, byMass);
      if (image === null) reader.clear();
      else {
        if (!this.seen.firstChild) this.seen.append(picture(image, SIZE, SIZE));
        reader.show(normalized(image, mean, std));
      }
    }
  }

  nodes() {
    this.canvas.setAttribute("aria-label", text("blank"));
    return [
      element("h2", {}, text(this.readers[0].run.config.data in { kmnist: 1, "fashion-mnist": 1 } ? "item" : "draw")),
      this.canvas,
      element("div", { className: "side" },
        element("button", { type: "button", onclick: () => this.clear() }, text("clear")),
        element("p", { className: "note" }, text("seen")), this.seen),
      element("p", { className: "note" }, text("blank")),
    ];
  }
}

function normalized(image, mean, std) {
  return { shape: [1, SIZE, SIZE], data: Float32Array.from(image, (level) => (level / 255 - mean) / std) };
}

// As ptnotes.datasets.names has it: letters without accents, 1 for what is not printable ASCII.
function encode(name) {
  const codes = Array.from(name.normalize("NFKD").replace(/\p{M}/gu, ""), (each) => {
    const code = each.codePointAt(0);
    return code >= 32 && code <= 126 ? code : 1;
  });
  return { shape: [codes.length], data: codes };
}

class Surname {
  constructor(readers) {
    this.readers = readers;
    this.field = element("input", {
      type: "text", id: "name", maxLength: 100, autocomplete: "off", spellcheck: false,
      value: text("example"), oninput: () => this.read(),
    });
    this.read();
  }

  read() {
    const codes = encode(this.field.value.trim());
    for (const reader of this.readers)
      if (codes.data.length) reader.show(codes, codes);
      else reader.clear();
  }

  nodes() {
    return [element("h2", {}, element("label", { htmlFor: "name" }, text("name"))), this.field];
  }
}

class Features {
  constructor(readers) {
    this.readers = readers;
    this.sliders = Array.from({ length: FEATURES }, (_, index) =>
      element("input", {
        type: "range", min: -1, max: 1, step: 0.01, value: 0, id: `feature${index}`,
        oninput: () => this.read(),
      }),
    );
    this.read();
  }

  read() {
    const data = Float32Array.from(this.sliders, (each) => Number(each.value));
    this.sliders.forEach((each, index) => {
      if (this.shown) this.shown[index].textContent = data[index].toFixed(2);
    });
    for (const reader of this.readers) reader.show({ shape: [FEATURES], data });
  }

  nodes() {
    this.shown = this.sliders.map((each) => element("output", {}, Number(each.value).toFixed(2)));
    const rows = this.sliders.map((slider, index) =>
      element("div", { className: "slider" },
        element("label", { htmlFor: slider.id }, `x${index + 1}`), slider, this.shown[index]));
    return [element("h2", {}, text("features")), ...rows];
  }
}

// ---- what the run came to

function table(rows, className = "facts") {
  const made = element("table", { className });
  for (const [name, value] of rows)
    made.append(element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, String(value))));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, content = "") {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = content;
  return made;
}

// Curves over the epochs, each on its own scale from its least value to its largest.
function curves(history) {
  const width = 560, height = 200, margin = 8;
  const picture = shape("svg", { viewBox: `0 0 ${width} ${height + 24}`, class: "curve", role: "img" });
  const kinds = [["train_loss", "trainLoss"], ["test_loss", "testLoss"], ["test_accuracy", "accuracy"]];
  const losses = history.flatMap((row) => [row.train_loss, row.test_loss]).filter(Number.isFinite);
  let place = margin;
  for (const [field, label] of kinds) {
    const values = history.map((row) => row[field]);
    const known = values.filter(Number.isFinite);
    if (known.length < 2) continue;
    const all = field.endsWith("loss") ? losses : known;
    const low = Math.min(...all), range = Math.max(...all) - low || 1;
    const points = values.flatMap((value, index) => {
      if (!Number.isFinite(value)) return [];
      const x = margin + (index * (width - 2 * margin)) / (values.length - 1);
      return [`${x.toFixed(1)},${(height - margin - ((value - low) * (height - 2 * margin)) / range).toFixed(1)}`];
    });
    picture.append(shape("polyline", { points: points.join(" "), class: `line ${field}` }));
    const last = known.at(-1);
    const told = `${text(label)} ${field.endsWith("accuracy") ? percent(last) : last.toPrecision(3)}`;
    picture.append(shape("text", { x: place, y: height + 18, class: `label ${field}` }, told));
    place += 180;
  }
  picture.setAttribute("aria-label", text("curve"));
  return picture;
}

function confusion(cells, classes) {
  const made = element("table", { className: "confusion" });
  const heading = element("tr", {}, element("td"));
  for (const name of classes) heading.append(element("th", { scope: "col", title: name }, name.slice(0, 3)));
  made.append(heading);
  cells.forEach((row, index) => {
    const total = row.reduce((a, b) => a + b, 0) || 1;
    const line = element("tr", {}, element("th", { scope: "row" }, classes[index]));
    row.forEach((count, column) => {
      const cell = element("td", { className: column === index ? "right" : "wrong" }, count ? String(count) : "");
      cell.title = `${classes[index]} → ${classes[column]}: ${count}`;
      // errors are few: their colour is on a scale of its own
      cell.style.setProperty("--share", column === index ? count / total : Math.min(1, (5 * count) / total));
      line.append(cell);
    });
    made.append(line);
  });
  return element("div", { className: "wide" }, made);
}

function describe(run) {
  const parts = [element("h2", {}, run.title), element("p", { className: "note" }, run.path)];
  parts.push(table(run.facts));
  if (run.history.length > 1) parts.push(element("h3", {}, text("curve")), curves(run.history));
  if (run.confusion) {
    const note = element("p", { className: "note" }, text("rows"));
    parts.push(element("h3", {}, text("confusion")), note, confusion(run.confusion, run.classes));
  }
  if (run.mistakes) {
    const alt = text("mistakes");
    parts.push(element("h3", {}, alt), element("img", { src: run.mistakes, alt, className: "mistakes" }));
  }
  const settings = Object.entries(run.config).map(([name, value]) => [name.replaceAll("_", " "), value]);
  parts.push(element("details", {}, element("summary", {}, text("settings")), table(settings)));
  return element("section", { className: "card" }, ...parts);
}

// ---- the page

const INPUTS = { mnist: Drawing, names: Surname, diabetes: Features };
const readers = RUNS.map((run) => new Reader(run));
const inputs = Object.entries(INPUTS).flatMap(([topic, Input]) => {
  const own = readers.filter((reader) => reader.run.topic === topic);
  return own.length ? [new Input(own)] : [];
});

function show() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.getElementById("lead").textContent = text("lead");
  document.getElementById("language").textContent = language === "zh" ? "English" : "中文";
  const page = document.getElementById("page");
  page.replaceChildren(
    ...inputs.flatMap((input) => [
      element("section", { className: "card try" }, ...input.nodes()),
      ...input.readers.map((reader) => {
        const title = readers.length > 1 ? `: ${reader.run.title}` : "";
        const maps = reader.run.graph.operations.some((each) => each.op === "conv2d")
          ? [element("details", { open: true }, element("summary", {}, text("maps")), reader.maps)]
          : [];
        return element("section", { className: "card" },
          element("h2", {}, text("probabilities") + title), reader.bars, reader.speed, ...maps);
      }),
    ]),
    ...RUNS.map(describe),
  );
  for (const input of inputs) input.read();
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  show();
});
show();

"use strict";
// What one draws, types or moves, and the networks that read it.

const FEATURES = 8, CANVAS = 280, PEN = 20, STEP = 10;

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
      if (!this.drawing) return;
      for (const each of event.getCoalescedEvents?.() ?? [event]) this.line(...at(each));
      this.readSoon();
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

  // Once before the next picture on the screen, however many points came.
  readSoon() {
    this.awaited ??= requestAnimationFrame(() => this.read());
  }

  read() {
    if (this.awaited !== undefined) cancelAnimationFrame(this.awaited);
    this.awaited = undefined;
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
    const kind = this.readers[0].run.config.data in { kmnist: 1, "fashion-mnist": 1 } ? "item" : "draw";
    return [
      element("h2", {}, text(kind)),
      this.canvas,
      element("div", { className: "side" },
        element("button", { type: "button", onclick: () => this.clear() }, text("clear")),
        this.seen, element("span", { className: "note" }, text("seen"))),
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

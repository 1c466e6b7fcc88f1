"use strict";
// What a run came to: its numbers, curve, confusion matrix, mistakes, settings.

const WIDE = 12; // classes of a confusion matrix that is as wide as its place; more are scrolled

function table(rows) {
  const made = element("table", { className: "facts" });
  for (const [name, value] of rows)
    made.append(element("tr", {}, element("th", { scope: "row" }, name), element("td", {}, String(value))));
  return made;
}

const CURVES = ["train_loss", "val_loss", "test_loss", "train_accuracy", "val_accuracy", "test_accuracy"];

// Curves over the epochs: losses on one scale, accuracies on another, from the least value up.
function curves(history) {
  const width = 560, height = 200, margin = 6;
  const picture = shape("svg", {
    viewBox: `0 0 ${width} ${height}`, class: "curve", role: "img", preserveAspectRatio: "none",
    "aria-label": text("curve"),
  });
  const legend = element("ul", { className: "legend" });
  for (const field of CURVES) {
    const kind = field.endsWith("loss") ? "loss" : "accuracy";
    const values = history.map((row) => row[field]);
    const known = values.filter(Number.isFinite);
    if (known.length < 2) continue;
    const scale = CURVES.filter((each) => each.endsWith(kind));
    const all = history.flatMap((row) => scale.map((each) => row[each])).filter(Number.isFinite);
    const low = Math.min(...all), range = Math.max(...all) - low || 1;
    const points = values.flatMap((value, index) => {
      if (!Number.isFinite(value)) return [];
      const x = margin + (index * (width - 2 * margin)) / (values.length - 1);
      const y = height - margin - ((value - low) / range) * (height - 2 * margin);
      return [`${x.toFixed(1)},${y.toFixed(1)}`];
    });
    picture.append(shape("polyline", { points: points.join(" "), class: `line ${field}` }));
    const line = shape("line", { x1: 0, y1: 5, x2: 28, y2: 5, class: `line ${field}` });
    const written = kind === "accuracy" ? percent : (value) => value.toPrecision(3);
    const told = `${text(field)} ${written(known[0])} → ${written(known.at(-1))}`;
    legend.append(element("li", {}, shape("svg", { viewBox: "0 0 28 10", class: "swatch" }, line), told));
  }
  const epochs = history.map((row) => row.epoch).filter(Number.isFinite);
  const note = text("epochs").replace("{}", `${epochs[0]}–${epochs.at(-1)}`);
  return [element("p", { className: "note" }, epochs.length ? note : ""), picture, legend];
}

function confusion(cells, classes) {
  const made = element("table", { className: cells.length > WIDE ? "confusion" : "confusion fitting" });
  const heading = element("tr", {}, element("td"));
  for (const name of classes)
    heading.append(element("th", { scope: "col", title: name }, Array.from(name).slice(0, 3).join("")));
  made.append(heading);
  const shares = cells.map((row) => {
    const total = row.reduce((a, b) => a + b, 0) || 1;
    return row.map((count) => count / total);
  });
  // errors are few: the colour of the largest is as strong as that of a diagonal without any
  const largest = Math.max(...shares.flatMap((row, index) => row.filter((_, column) => column !== index))) || 1;
  cells.forEach((row, index) => {
    const line = element("tr", {}, element("th", { scope: "row" }, classes[index]));
    row.forEach((count, column) => {
      const cell = element("td", { className: column === index ? "right" : "wrong" }, count ? String(count) : "");
      cell.title = `${classes[index]} → ${classes[column]}: ${count}`;
      const share = shares[index][column];
      cell.style.setProperty("--share", column === index ? share : share / largest);
      line.append(cell);
    });
    made.append(line);
  });
  return element("div", { className: "wide" }, made);
}

// Whether a picture is light or dark, for pages of the other kind to turn it round.
function tellTone({ target: image }) {
  const context = element("canvas", { width: 1, height: 1 }).getContext("2d");
  context.drawImage(image, 0, 0); // its corner
  const [red, green, blue, opaque] = context.getImageData(0, 0, 1, 1).data;
  image.classList.add(opaque && red + green + blue < 384 ? "dark" : "light");
}

function describe(run) {
  const part = (title, ...nodes) => element("div", { className: "part" }, element("h3", {}, title), ...nodes);
  const known = (pairs) => pairs.map(([name, value]) => [named(run, name.replaceAll("_", " ")), value]);
  const settings = table(known(Object.entries(run.config)));
  const parts = [
    element("div", { className: "part" }, table(known(run.facts)),
      element("details", {}, element("summary", {}, text("settings")), settings)),
  ];
  if (run.history.length > 1) parts.push(part(text("curve"), ...curves(run.history)));
  if (run.confusion) {
    const note = element("p", { className: "note" }, text("rows"));
    const made = part(text("confusion"), note, confusion(run.confusion, run.classes));
    made.classList.toggle("large", run.classes.length > WIDE);
    parts.push(made);
  }
  if (run.mistakes) {
    const alt = text("mistakes");
    const image = element("img", { alt, className: "mistakes", onload: tellTone, src: run.mistakes });
    parts.push(part(alt, element("div", { className: "wide" }, image)));
  }
  return element("section", { className: "card" },
    element("h2", {}, run.title), element("p", { className: "note" }, run.path),
    element("div", { className: "parts" }, ...parts));
}

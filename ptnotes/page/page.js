"use strict";
// The page: inputs, the networks' answers, and what the runs came to.

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
  document.getElementById("page").replaceChildren(
    ...inputs.map((input) => {
      const cards = input.readers.map((reader) => {
        const title = readers.length > 1 ? `: ${reader.run.title}` : "";
        return reader.card(text("probabilities") + title);
      });
      const own = element("section", { className: "card" }, ...input.nodes());
      return element("div", { className: "live" }, own, ...cards);
    }),
    ...RUNS.map(describe),
  );
  for (const input of inputs) input.read();
}

document.getElementById("language").addEventListener("click", () => {
  language = language === "zh" ? "en" : "zh";
  show();
});
show();

"use strict";
// The texts of the page in both languages, and elements made of them.

const RUNS = JSON.parse(document.getElementById("runs").textContent);
const TEXTS = {
  en: {
    lead: "Networks trained with ptnotes. They run in this page: nothing is sent anywhere.",
    draw: "Draw a digit", item: "Draw", clear: "Clear", seen: "What the network sees",
    blank: "Draw with mouse, pen or finger. Keys: arrows move the pen, space lowers or lifts it, Escape clears.",
    name: "Type a surname", features: "Move the eight features", probabilities: "Probabilities",
    maps: "Feature maps", curve: "Loss and accuracy", train_loss: "training loss",
    val_loss: "validation loss", val_accuracy: "validation accuracy",
    test_loss: "test loss", test_accuracy: "test accuracy", train_accuracy: "training accuracy",
    epochs: "epochs {}", confusion: "Confusion matrix",
    rows: "true class down, predicted across", mistakes: "The most confident mistakes",
    speed: "ms a prediction", example: "Yamamoto", settings: "Settings",
    diverged: "The outputs are not finite: the network's weights have diverged.",
  },
  zh: {
    lead: "用 ptnotes 训练的网络，就在这个页面里运行：任何内容都不会发送出去。",
    draw: "写一个数字", item: "画一画", clear: "清除", seen: "网络看到的图像",
    blank: "用鼠标、笔或手指书写。键盘：方向键移动画笔，空格键落笔或提笔，Esc 键清除。",
    name: "输入一个姓氏", features: "调整八个特征", probabilities: "概率",
    maps: "特征图", curve: "损失与准确率", train_loss: "训练损失",
    val_loss: "验证损失", val_accuracy: "验证准确率",
    test_loss: "测试损失", test_accuracy: "测试准确率", train_accuracy: "训练准确率",
    epochs: "第 {} 轮", confusion: "混淆矩阵",
    rows: "行为真实类别，列为预测类别", mistakes: "最有把握的错误",
    speed: "毫秒／次预测", example: "Yamamoto", settings: "设置",
    diverged: "输出不是有限数，网络的权重已经发散。",
  },
};

let language = navigator.language.startsWith("zh") ? "zh" : "en";
const text = (name) => TEXTS[language][name];
const percent = (share) => `${(100 * share).toFixed(2)}%`;

// The name of a number or a setting of a run; those that it gives no Chinese for stay.
function named(run, name) {
  const words = run.words ?? {};
  return language === "zh" && Object.hasOwn(words, name) ? words[name] : name;
}

function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name in made && name !== "list") made[name] = value;
    else made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

function shape(tag, attributes, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

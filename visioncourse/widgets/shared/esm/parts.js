// Sliders, a play button, axes, and the line to Python, for the widgets that share them.

// A slider over `values`; set(value) hears of it, and sync(value) shows one, in the words of tell(value).
function ranged(name, values, set, tell = String) {
  const input = element("input", {
    type: "range", min: 0, max: values.length - 1, "aria-label": name, input: () => set(values[input.value])
  });
  const output = element("b", { "aria-hidden": "true", style: "min-width: 2em; font-size: 14px" });
  const made = element(
    "div", { class: "vc-slider" },
    element("label", { style: "font-style: normal" }, element("span", { style: "min-width: 5.2em" }, name), input),
    output
  );
  made.sync = value => {
    input.value = values.reduce((best, v, i) => (Math.abs(v - value) < Math.abs(values[best] - value) ? i : best), 0);
    output.textContent = tell(value);
    input.setAttribute("aria-valuetext", tell(value));
  };
  return made;
}

// A button that plays: tick() every `ms` until it returns false, or hands press
// again. calm() in its place where less motion is asked for.
function player(text, ms, tick, calm) {
  let timer = 0;
  const button = element(
    "button",
    { type: "button", title: "space", click: () => (timer ? button.stop() : CALM.matches ? calm() : begin()) }, text
  );
  const begin = () => {
    button.textContent = "pause";
    timer = setInterval(() => { if (tick() === false) button.stop(); }, ms);
  };
  button.stop = () => { clearInterval(timer); timer = 0; button.textContent = text; };
  button.playing = () => timer !== 0;
  return button;
}

// What hands do to the scene reaches Python when they rest; what another
// view of the widget does comes in through adopt().
function shared(model, scene, adopt) {
  let sent, rest = 0;
  const send = () => { model.set("scene", sent = structuredClone(scene)); model.save_changes(); };
  const hear = () => {
    if (model.get("scene") !== sent) { Object.assign(scene, structuredClone(model.get("scene"))); adopt(); }
  };
  model.on("change:scene", hear);
  return {
    changed() { clearTimeout(rest); rest = setTimeout(send, 150); },
    stop() { clearTimeout(rest); model.off("change:scene", hear); }
  };
}

// Keys on a focused element: { ArrowLeft: () => ... }, where " " is the space bar.
function keys(target, acts) {
  target.addEventListener("keydown", event => {
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key](event.shiftKey ? 5 : 1);
  });
}

// Where on a canvas of width x height the pointer is.
function pointed(canvas, event, [width, height]) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width * width, (event.clientY - box.top) / box.height * height];
}

// Round numbers from low to high, about `count` of them: powers of ten where log is set.
function ticks(low, high, count, log = false) {
  const first = a => Math.ceil(a - 1e-9);
  const whole = (a, b) => Array.from({ length: Math.floor(b + 1e-9) - first(a) + 1 }, (_, i) => first(a) + i);
  if (log) {
    const [a, b] = [low, high].map(Math.log10), every = Math.max(1, Math.ceil((b - a) / count));
    return whole(a, b).filter(e => e % every === 0).map(e => 10 ** e);
  }
  const rough = (high - low) / count, ten = 10 ** Math.floor(Math.log10(rough));
  const step = ten * [1, 2, 5, 10].find(m => m * ten >= rough);
  return whole(low / step, high / step).map(n => n * step);
}

const tick = v => (v === 0 ? "0"
  : Math.abs(v) >= 1e4 || Math.abs(v) < 1e-3 ? v.toExponential(0).replace("e+", "e")
  : `${+v.toPrecision(6)}`);

// Axes in the box [left, top, right, bottom] of a pen: { x: [low, high], y: [low, high],
// log, title, xlabel }; returns a function that draws a line through values [[x, y], ...]
// (what leaves the box is cut off), with the scales X and Y on it.
function axes(pen, [left, top, right, bottom], { x, y, log, title = "", xlabel = "", count = 5 }) {
  const up = log ? Math.log : v => v, X = v => left + (v - x[0]) / (x[1] - x[0] || 1) * (right - left);
  const Y = v => bottom - (up(v) - up(y[0])) / (up(y[1]) - up(y[0]) || 1) * (bottom - top);
  Object.assign(pen, { font: "11px sans-serif", fillStyle: "#444", textAlign: "right" });
  for (const v of ticks(...y, count, log)) {
    stroke(pen, `M${left},${Y(v)}H${right}`, [["#ddd", 0.7]]);
    pen.fillText(tick(v), left - 4, Y(v) + 4);
  }
  pen.textAlign = "center";
  for (const v of ticks(...x, 5)) pen.fillText(tick(v), X(v), bottom + 14);
  pen.fillText(xlabel, (left + right) / 2, bottom + 28);
  Object.assign(pen, { font: "bold 12px sans-serif", fillStyle: "#222", textAlign: "left" });
  pen.fillText(title, left, top - 7);
  const line = (values, color, width = 1.8, dash = []) => {
    pen.save();
    pen.beginPath();
    pen.rect(left, top - 1, right - left + 1, bottom - top + 2);
    pen.clip();
    pen.setLineDash(dash);
    const height = v => (log && v <= 0 ? bottom + 9 : Math.max(-1e4, Math.min(1e4, Y(v))));
    const finite = values.filter(([, v]) => Number.isFinite(v));
    const inside = finite.map(([a, v]) => `${X(a).toFixed(2)},${height(v).toFixed(2)}`);
    if (inside.length) stroke(pen, "M" + inside.join("L"), [[color, width]]);
    pen.restore();
  };
  return Object.assign(line, { X, Y });
}

// A table row of heads, or of a head and cells.
function row(head, ...cells) {
  return element("tr", {}, element("th", { scope: "row" }, head), ...cells.map(cell => element("td", {}, cell)));
}

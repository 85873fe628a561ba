// Learning rate and batch size: the loss curve of a training that runs anew
// at every change, and the last loss of every rate.
const CURVE = [520, 300], SWEEP = [330, 250];
const COLORS = ["#004488", "#BB5566", "#996600", "#228833", "#AA3377", "#555555"];
const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [4, 4], [1, 2]];
const fixed = v => v.toFixed(2);

function render({ model, el }) {
  const { X, y, D, C, steps, rates, batches } = model.get("start"), set = { X, y, D, C }, guess = Math.log(C);
  const N = X.length;
  const copy = value => JSON.parse(JSON.stringify(value)), scene = copy(model.get("scene"));
  let kept = [], axis = "steps", sent, frame = 0, drawn = 0, sweeps = {};

  const slider = (name, values, key) => {
    const input = element("input", {
      type: "range", min: 0, max: values.length - 1, "aria-label": name,
      input: () => { scene[key] = values[input.value]; changed(); }
    });
    const output = element("b");
    const made = element("div", { class: "vc-slider" }, element("label", {}, name, input), output);
    made.sync = text => {
      input.value = values.indexOf(scene[key]);
      output.textContent = text;
      input.setAttribute("aria-valuetext", text);
    };
    return made;
  };
  const rate = slider("learning rate", rates, "rate"), batch = slider("batch size", batches, "batch");
  const across = choice("horizontal axis", [["steps", "steps"], ["examples", "examples seen"]], value => {
    axis = value;
    redraw();
  });
  const keep = element("button", { type: "button", click: hold }, "keep this curve");
  const clear = element("button", { type: "button", click: () => { kept = []; redraw(); } }, "clear kept curves");
  const again = element(
    "button", { type: "button", click: () => { scene.seed++; sweeps = {}; changed(); } }, "other batches"
  );
  const chart = sharpCanvas(...CURVE, { role: "img" }), sweep = sharpCanvas(...SWEEP, { role: "img" });
  const status = element("p", { class: "vc-status", role: "status" });
  const root = widgetRoot(
    element("div", { class: "vc-wide" }, chart, status),
    element("div", { class: "vc-right" }, rate, batch, across, buttons("compare", keep, clear, again), sweep));

  const name = () => `η = ${scene.rate}, ${scene.batch === N ? "whole set" : "batch " + scene.batch}`;
  const now = () => ({
    name: name(), batch: scene.batch, losses: train(set, scene.rate, scene.batch, steps, scene.seed)
  });
  function hold() {
    if (kept.length === COLORS.length - 1) kept.shift();
    kept.push({ ...now(), style: (kept.at(-1)?.style ?? 0) % (COLORS.length - 1) + 1 });
    redraw();
  }
  function changed() {
    scene.turn++;
    model.set("scene", sent = copy(scene));
    model.save_changes();
    redraw();
  }
  function finals() {   // the last loss of every rate, for each batch size computed once
    return sweeps[scene.batch] ??= rates.map(r => train(set, r, scene.batch, steps, scene.seed, steps)[1]);
  }

  // Axes with the loss upwards from 0 to a bit more than twice that of guessing; returns the two scales.
  function axes(canvas, [width, height], xlabel, ticks, place) {
    const pen = canvas.pen, box = { left: 40, right: width - 10, top: 12, bottom: height - 36 }, most = 2.2 * guess;
    const Y = v => box.bottom - Math.min(v, most) / most * (box.bottom - box.top);
    const X = v => box.left + place(v) * (box.right - box.left);
    pen.clearRect(0, 0, width, height);
    Object.assign(pen, { font: "11px sans-serif", fillStyle: "#444", lineWidth: 1 });
    pen.textAlign = "right";
    for (let v = 0; v <= most; v += 0.5) {
      stroke(pen, `M${box.left},${Y(v)}H${box.right}`, [["#ddd", 0.7]]);
      pen.fillText(v.toFixed(1), box.left - 5, Y(v) + 4);
    }
    pen.setLineDash([2, 3]);
    stroke(pen, `M${box.left},${Y(guess)}H${box.right}`, [["#555", 1]]);
    pen.setLineDash([]);
    pen.textAlign = "center";
    pen.fillText("guessing", box.left + 60, Y(guess) - 4);
    for (const [v, text] of ticks) pen.fillText(text, X(v), box.bottom + 15);
    pen.fillText(xlabel, (box.left + box.right) / 2, height - 6);
    return [X, Y, box];
  }
  function paint() {
    frame = 0;
    rate.sync(`${scene.rate}`);
    batch.sync(scene.batch === N ? `${N}, all` : `${scene.batch}`);
    across.select(axis);
    clear.disabled = !kept.length;
    const lines = [...kept, { ...now(), style: 0 }], pen = chart.pen;
    const per = line => (axis === "steps" ? 1 : line.batch), most = steps * Math.max(...lines.map(per));
    // the axis of examples is logarithmic, but with a place for 0
    const [ticks, place] = axis === "steps"
      ? [[0, 0.25, 0.5, 0.75, 1].map(t => [t * most, t * most]), v => v / most]
      : [
        [0, 10, 100, 1000, 10000].filter(v => v < most).map(v => [v, v]),
        v => Math.log(1 + v / 4) / Math.log(1 + most / 4)
      ];
    const [X, Y, box] = axes(chart, CURVE, axis === "steps" ? "step" : "examples seen (logarithmic)", ticks, place);
    lines.forEach((line, i) => {
      const path = "M" + line.losses.map((v, step) => `${X(step * per(line))},${Y(v)}`).join("L");
      const legend = box.top + 10 + 16 * i;
      pen.setLineDash(DASHES[line.style]);
      stroke(pen, path, [[COLORS[line.style], line.style ? 1.6 : 2.4]]);
      stroke(pen, `M${box.right - 170},${legend}h26`, [[COLORS[line.style], 2]]);
      pen.setLineDash([]);
      Object.assign(pen, { fillStyle: COLORS[line.style], textAlign: "left" });
      pen.fillText(line.name, box.right - 138, legend + 4);
    });
    const last = lines.at(-1).losses;
    const told = `${name()}: from ${fixed(last[0])} to ${fixed(last.at(-1))} in ${steps} steps, `
      + `${steps * scene.batch} examples seen; highest on the way ${fixed(Math.max(...last))}.`;
    status.textContent = told + (Math.max(...last) > 2.2 * guess ? " The curve leaves the picture above." : "");
    chart.setAttribute("aria-label", `Loss against ${axis}. ${told}`);
    paintSweep();
    root.dataset.drawn = ++drawn;
  }
  function paintSweep() {
    const values = finals(), best = rates[values.indexOf(Math.min(...values))];
    const share = v => Math.log(v / rates[0]) / Math.log(rates.at(-1) / rates[0]);
    const ticks = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100].map(v => [v, `${v}`]), pen = sweep.pen;
    const [X, Y, box] = axes(sweep, SWEEP, "learning rate", ticks, v => 0.03 + 0.94 * share(v));
    pen.fillStyle = "#22222225";
    pen.fillRect(X(scene.rate) - 5, box.top, 10, box.bottom - box.top);
    stroke(pen, "M" + values.map((v, i) => `${X(rates[i])},${Y(v)}`).join("L"), [[COLORS[0], 1.6]]);
    pen.fillStyle = COLORS[0];
    values.forEach((v, i) => pen.fill(new Path2D(outline(0, X(rates[i]), Y(v), rates[i] === scene.rate ? 4.5 : 2.5))));
    Object.assign(pen, { fillStyle: "#444", textAlign: "left" });
    pen.fillText("loss after the last step (press to choose a rate)", box.left + 4, box.top + 4);
    sweep.setAttribute(
      "aria-label",
      "Loss after the last step against the learning rate, for this batch size: "
        + `lowest, ${fixed(Math.min(...values))}, at ${best}.`
    );
    sweep.rateAt = x => rates.reduce((a, b) => (Math.abs(X(b) - x) < Math.abs(X(a) - x) ? b : a));
  }
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function adopt() {
    if (model.get("scene") === sent) return;
    Object.assign(scene, copy(model.get("scene")));
    sweeps = {};
    redraw();
  }
  sweep.addEventListener("pointerdown", event => {
    const box = sweep.getBoundingClientRect();
    scene.rate = sweep.rateAt((event.clientX - box.left) / box.width * SWEEP[0]);
    changed();
  });
  sweep.style.cursor = "pointer";
  model.on("change:scene", adopt);
  el.append(root);
  redraw();
  return () => { model.off("change:scene", adopt); cancelAnimationFrame(frame); };
}

export default { render };

// Optimizer race: hands drag the start, set the rates and memories, and walk through the steps.
const WIDE = 420, CHART = [440, 250];
const few = v => (!Number.isFinite(v) || Math.abs(v) > 1e9 ? "away"
  : v === 0 ? "0"
  : Math.abs(v) < 0.001 || Math.abs(v) >= 10000 ? v.toExponential(1).replace("-", "−")
  : `${+v.toPrecision(3)}`.replace("-", "−"));

function render({ model, el }) {
  const { surfaces, rules, steps, floor } = model.get("start"), scene = structuredClone(model.get("scene"));
  const grounds = {};
  const view = () => surfaces[scene.surface].view, low = () => surfaces[scene.surface].low;
  const group = "vc" + Math.random().toString(36).slice(2);
  let paths = {}, frame = 0, drawn = 0, dragging = false;

  // ---- controls ----
  const plane = sharpCanvas(WIDE, WIDE, {
    class: "vc-plane", role: "application", tabindex: 0,
    "aria-label": "Surface with the paths. Arrows move the start, with Shift five times as far; space runs; "
      + "N and P are the next and the previous step."
  });
  const chart = sharpCanvas(...CHART, { role: "img", style: "cursor: pointer" });
  const status = element("p", { class: "vc-status", role: "status" });
  const surface = choice("surface", Object.keys(surfaces).map(name => [name, name]), load);
  const slide = (name, key, values) => [key, ranged(name, values, v => change({ [key]: v }))];
  const sliders = [
    slide("step", "step", Array.from({ length: steps + 1 }, (_, i) => i)),
    slide("momentum and β₁", "momentum", [0, 0.5, 0.8, 0.9, 0.95, 0.99]),
    slide("β₂ of Adam", "beta2", [0.5, 0.9, 0.99, 0.999, 0.9999]),
    slide("α of RMSProp", "alpha", [0.5, 0.9, 0.99, 0.999]),
    slide("decay of AdamW", "decay", [0, 0.01, 0.03, 0.1, 0.3, 1])
  ];
  const button = (text, click) => element("button", { type: "button", click }, text);
  const steps_ = n => () => { run.stop(); walk(n); };
  const run = player("run", 60, () => walk(1), () => change({ step: scene.step < steps ? steps : 0 }));
  run.addEventListener("click", () => { if (run.playing() && scene.step === steps) change({ step: 0 }); });
  const times = (text, factor) => button(text, () => change({
    rates: Object.fromEntries(
      Object.entries(scene.rates).map(([rule, rate]) => [rule, Math.min(10, +(rate * factor).toPrecision(3))])
    )
  }));
  const rows = Object.fromEntries(Object.entries(rules).map(([rule, { name, color, shape, hollow }]) => {
    const on = element("input", {
      type: "checkbox", style: "width: auto; margin: 0",
      change: () => change({
        rules: Object.keys(rules).filter(key => (key === rule ? on.checked : scene.rules.includes(key)))
      })
    });
    const rate = element("input", {
      type: "number", min: 0, step: "any", "aria-label": `learning rate of ${name}`,
      style: "width: 74px; font-weight: normal",
      input: () => {
        if (+rate.value > 0 && +rate.value <= 10) change({ rates: { ...scene.rates, [rule]: +rate.value } });
      }
    });
    const watch = element("input", {
      type: "radio", style: "width: auto", name: group, "aria-label": `draw the moments of ${name}`,
      change: () => change({ watched: rule })
    });
    const mark = icon(shape, hollow ? "#fff" : color);
    mark.firstChild.setAttribute("stroke", color);
    mark.style.cssText = "background: #fff; border-radius: 4px; flex: none";
    const line = row(
      element("label", { style: "display: flex; gap: 4px; align-items: center" }, on, mark, name), rate, "", "", "",
      watch
    );
    return [rule, Object.assign(line, { on, rate, watch })];
  }));
  const head = element(
    "tr", {},
    ...["rule", "rate", "loss", "moment m", "√v", "draw"].map((text, i) => element(
      "th", { scope: "col", style: i ? "" : "text-align: left" }, text
    ))
  );
  const table = element("table", { class: "vc-table", style: "width: 100%" }, head, ...Object.values(rows));
  surface.style.marginBottom = "8px";
  const root = widgetRoot(
    element(
      "div", { class: "vc-left", style: "max-width: 420px" }, surface, plane, status,
      ...sliders.slice(1).map(([, slider]) => slider)
    ),
    element(
      "div", { class: "vc-right", style: "max-width: 480px; flex-basis: 400px; min-width: 0" },
      element("div", { style: "overflow-x: auto", tabindex: 0, role: "region", "aria-label": "rules" }, table),
      element(
        "div", { class: "vc-row", style: "flex-wrap: wrap; gap: 8px 18px" },
        buttons("race", button("start", steps_(-Infinity)), button("back", steps_(-1)), button("step", steps_(1)), run),
        buttons(
          "all learning rates", times("÷ 2", 0.5), times("× 2", 2),
          button("reset", () => change({ rates: { ...surfaces[scene.surface].rates } }))
        )
      ),
      sliders[0][1], chart
    )
  );
  root.style.maxWidth = "960px";

  // ---- what changes the scene ----
  const sync = shared(model, scene, () => redraw());
  function change(what) {
    Object.assign(scene, what);
    redraw();
    sync.changed();
  }
  function load(name) {
    run.stop();
    change({ surface: name, start: [...surfaces[name].start], rates: { ...surfaces[name].rates } });
  }
  function walk(n) {
    if (n > 0 && scene.step === steps) return false;
    change({ step: Math.max(0, Math.min(steps, scene.step + n)) });
  }
  function startAt(x, y) {
    const [left, bottom, side] = view();
    change({
      start: [[left, x], [bottom, y]].map(([first, v]) => +Math.max(first, Math.min(first + side, v)).toFixed(3))
    });
  }

  // ---- pictures and words ----
  const pixel = ([x, y]) => {
    const [left, bottom, side] = view();
    return [(x - left) / side * WIDE, WIDE - (y - bottom) / side * WIDE].map(v => Math.max(-1e4, Math.min(1e4, v)));
  };
  const now = rule => paths[rule][Math.min(scene.step, paths[rule].length - 1)];
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    paths = Object.fromEntries(
      scene.rules.map(rule => [rule, race(scene.surface, rule, scene.start, scene.rates[rule], scene, steps)])
    );
    const pen = plane.pen, [x0, y0] = pixel(scene.start);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(grounds[scene.surface] ??= paintSurface(scene.surface, view(), low(), 2 * WIDE), 0, 0, WIDE, WIDE);
    for (const at of surfaces[scene.surface].minima) {
      const [x, y] = pixel(at);
      stroke(pen, `M${x - 7},${y}h14M${x},${y - 7}v14`, [["#fff", 5], ["#222", 2.5]]);
    }
    for (const rule of scene.rules) {
      pen.setLineDash(rules[rule].dashed ? [6, 4] : []);
      stroke(pen, "M" + paths[rule].slice(0, scene.step + 1).map(at => pixel(at.p)).join("L"), [
        [rules[rule].color, 2]
      ]);
      pen.setLineDash([]);
    }
    for (const rule of scene.rules) marker(pen, rule, ...pixel(now(rule).p), 6);
    if (paths[scene.watched]) paintMoments(pen, now(scene.watched), rules[scene.watched].color);
    stroke(pen, outline(0, x0, y0, 10), [["#fff", 5], ["#222", 2]]);
    Object.assign(pen, {
      font: "bold 12px sans-serif", textAlign: x0 > WIDE - 60 ? "right" : "left", fillStyle: "#222",
      strokeStyle: "#fff", lineWidth: 3
    });
    const beside = x0 + (x0 > WIDE - 60 ? -14 : 14);
    pen.strokeText("start", beside, y0 - 8);
    pen.fillText("start", beside, y0 - 8);
    paintChart();
    show();
    root.dataset.drawn = ++drawn;
  }
  function marker(pen, rule, x, y, r) {
    const { shape, color, hollow } = rules[rule];
    stroke(pen, outline(shape, x, y, r), [["#fff", 5]]);
    pen.fillStyle = hollow ? "#fff" : color;
    pen.fill(new Path2D(outline(shape, x, y, r)));
    stroke(pen, outline(shape, x, y, r), [[color, 2]]);
  }
  // Where the gradient and the memory of it pull, and how far the second moment lets steps go.
  function paintMoments(pen, { p, g, m, v }, color) {
    const longest = Math.max(Math.hypot(...g), Math.hypot(...m), 1e-12), [x, y] = pixel(p);
    for (const [[u, w], tone, width] of [[m, color, 5], [g, "#000", 2]]) {
      const dx = -u / longest * WIDE / 5, dy = w / longest * WIDE / 5, turn = Math.atan2(dy, dx);
      const wing = a => `l${-11 * Math.cos(turn + a)},${-11 * Math.sin(turn + a)}`;
      if (Math.hypot(dx, dy) > 2)
        stroke(pen, `M${x},${y}l${dx},${dy}${wing(0.4)}M${x + dx},${y + dy}${wing(-0.4)}`, [
          ["#fff", width + 2.5], [tone, width]
        ]);
    }
    if (!v[0] && !v[1]) return;
    const reach = v.map(s => 1 / (Math.sqrt(s) + 1e-8));
    const [across, up] = reach.map(s => s / Math.max(...reach) * WIDE / 9);
    const beam = `M${x - across},${y}h${2 * across}m0,-5v10M${x - across},${y - 5}v10`;
    const post = `M${x},${y - up}v${2 * up}m-5,0h10M${x - 5},${y - up}h10`;
    stroke(pen, beam + post, [["#fff", 4], [color, 1.6]]);
  }
  function paintChart() {
    const pen = chart.pen, first = HEIGHTS[scene.surface](...scene.start) - low();
    const lowest = Math.min(
      first || 1, ...scene.rules.flatMap(rule => paths[rule].map(at => at.loss - low())).filter(Number.isFinite)
    );
    pen.clearRect(0, 0, ...CHART);
    const line = axes(pen, [44, 24, CHART[0] - 12, CHART[1] - 36], {
      x: [0, steps], y: [Math.max(floor, lowest / 3), Math.max(10, 5 * first)], log: true,
      title: "loss above the minimum (press to choose a step)", xlabel: "step"
    });
    chart.stepAt = x => Math.round((x - line.X(0)) / (line.X(steps) - line.X(0)) * steps);
    pen.fillStyle = "#22222225";
    pen.fillRect(line.X(scene.step) - 3, 24, 6, CHART[1] - 60);
    for (const rule of scene.rules)
      line(
        paths[rule].map(({ loss }, i) => [i, Math.max(floor, loss - low())]), rules[rule].color, 1.8,
        rules[rule].dashed ? [6, 4] : []
      );
    for (const rule of scene.rules)
      marker(
        pen, rule, line.X(Math.min(scene.step, paths[rule].length - 1)),
        Math.max(20, line.Y(Math.max(floor, now(rule).loss - low()))), 4
      );
  }
  function show() {
    const told = [];
    for (const [rule, line] of Object.entries(rows)) {
      const at = paths[rule] && now(rule), gap = at && at.loss - low();
      const small = (v, values) => Math.abs(v) < 0.005 * Math.max(...values.map(Math.abs));
      const pair = values => values.map(v => (small(v, values) ? "≈0" : few(+v.toPrecision(2)))).join(", ");
      const texts = at
        ? [few(gap), at.m.some(x => x) ? pair(at.m) : "", at.v.some(x => x) ? pair(at.v.map(Math.sqrt)) : ""]
        : ["", "", ""];
      texts.forEach((text, i) => {
        line.cells[i + 2].textContent = text;
        line.cells[i + 2].style.cssText = "font-weight: normal; white-space: nowrap";
      });
      Object.assign(line.on, { checked: Boolean(at) });
      Object.assign(line.watch, { checked: scene.watched === rule, disabled: !at });
      if (document.activeElement !== line.rate || +line.rate.value !== scene.rates[rule] && +line.rate.value > 0)
        line.rate.value = scene.rates[rule];
      if (at) told.push([Number.isNaN(gap) ? Infinity : gap, rules[rule].name]);
    }
    told.sort((a, b) => a[0] - b[0]);
    status.setAttribute("aria-live", run.playing() ? "off" : "polite");   // nobody can listen as fast as it runs
    const lead = told.length
      ? ` Ahead: ${told.slice(0, 3).map(([gap, name]) => `${name} ${few(gap)}`).join(", ")}; `
        + `last: ${told.at(-1)[1]} ${few(told.at(-1)[0])}.`
      : " Nobody runs.";
    status.textContent = `Step ${scene.step} of ${steps} from (${scene.start.map(few).join(", ")}).${lead} `
      + `Arrows: black down the gradient, coloured down the moment of ${rules[scene.watched].name}; `
      + "the cross is long where √v is small. Drag the start.";
    chart.setAttribute("aria-label", `Loss above the minimum against the step.${lead}`);
    surface.select(scene.surface);
    for (const [key, slider] of sliders) slider.sync(scene[key]);
  }

  // ---- hands ----
  const drag = event => {
    const [left, bottom, side] = view(), [x, y] = pointed(plane, event, [WIDE, WIDE]);
    startAt(left + x / WIDE * side, bottom + (1 - y / WIDE) * side);
  };
  plane.addEventListener("pointerdown", event => {
    plane.setPointerCapture(event.pointerId);
    dragging = true;
    drag(event);
  });
  plane.addEventListener("pointermove", event => { if (dragging) drag(event); });
  plane.addEventListener("lostpointercapture", () => { dragging = false; });
  chart.addEventListener("pointerdown", event => {
    run.stop();
    change({ step: Math.max(0, Math.min(steps, chart.stepAt(pointed(chart, event, CHART)[0]))) });
  });
  const move = (dx, dy) => far => startAt(
    scene.start[0] + dx * far * view()[2] / 100, scene.start[1] + dy * far * view()[2] / 100
  );
  keys(plane, {
    ArrowLeft: move(-1, 0), ArrowRight: move(1, 0), ArrowUp: move(0, 1), ArrowDown: move(0, -1), " ": () => run.click(),
    n: steps_(1), p: steps_(-1)
  });
  el.append(root);
  paint();
  return () => { sync.stop(); run.stop(); cancelAnimationFrame(frame); };
}

export default { render };

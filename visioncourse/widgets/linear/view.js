// The linear classifier in the plane: points and weights to edit, losses and gradients to read, steps to take.
const CELLS = 110;
const HINT = "Drag a point, or press on an empty place to add one. Rest on the plane to read the scores there.";
const LOSS_NAMES = { svm: "SVM", "one-vs-all": "one against all", structured: "structured", softmax: "softmax" };
const fixed = (v, n = 2) => (Math.abs(v) < 0.5 * 10 ** -n ? 0 : v).toFixed(n);
const signed = v => (v < 0 ? "−" : "+") + fixed(Math.abs(v));

function render({ model, el }) {
  const { names, colors, white, stripes, mostPoints, presets, losses, python } = model.get("start");
  const copy = value => JSON.parse(JSON.stringify(value)), scene = copy(model.get("scene"));
  const view = () => presets[scene.preset].view;
  let seen, land, picture, sent, frame = 0, timer = 0, running = false, drawn = 0;

  // ---- controls ----
  const button = (text, click) => element("button", { type: "button", click }, text);
  const loss = choice("loss", Object.keys(losses).map(name => [name, LOSS_NAMES[name]]), name => {
    scene.loss = name;
    changed();
  });
  const l2 = logSlider("L2", 0.001, 1, true, v => { scene.l2 = v; changed(); });
  const rate = logSlider("step size", 0.01, 3, false, v => { scene.rate = v; changed(); });
  const run = button("run", () => {
    if (CALM.matches) return [...Array(python ? 1 : 20)].forEach(step);
    running = !running;
    run.textContent = running ? "stop" : "run";
    if (running) tick();
  });
  const acts = buttons(
    "gradient descent", button("step", () => { halt(); step(); }), run,
    button("randomize", () => { halt(); randomize(); })
  );
  const starts = Object.keys(presets).map(name => button(name, () => load(name)));
  const weights = element("table", { class: "vc-table" }), table = element("table", { class: "vc-table" });
  const total = element("p", { class: "vc-readout" });
  const status = element("p", { class: "vc-status", role: "status" });
  const message = element("p", { class: "vc-message", role: "alert" });
  const say = text => { status.textContent = text; };
  const plane = pointPlane({ scene, view, names, colors, mostPoints, changed, redraw, look, say, hint: HINT, under });
  const key = element(
    "p", {}, "Dashed: score zero; arrow: where the score grows. Pale: the winner leads by less than 1."
  );
  const root = widgetRoot(
    element("div", { class: "vc-left" }, plane.canvas, message, status, key, plane.palette, plane.keys),
    element(
      "div", { class: "vc-right" }, ...(python ? [] : [loss]), l2, rate, acts, buttons("start from", ...starts),
      weights, total,
      element("div", { class: "vc-scroll", tabindex: 0, role: "region", "aria-label": "Loss of each point" }, table)
    )
  );

  // ---- what changes the scene ----
  function changed(final = true) {
    scene.turn++;
    refresh();
    if (!final && !python) return;
    model.set("scene", sent = copy(scene));
    model.save_changes();
  }
  function step() {
    if (python && !answer().gradient) return halt();
    scene.W = scene.W.map((row, d) => row.map((w, c) => Math.max(
      -99, Math.min(99, w - scene.rate * shown().gradient[d][c])
    )));
    changed();
    if (!running) say(`One step of ${scene.rate}. ${total.textContent}`);
  }
  function tick() {   // the learner's gradient belongs to the turn that Python has answered
    clearTimeout(timer);
    if (!running) return;
    if (!python || answer().turn === scene.turn) step();
    timer = setTimeout(tick, 50);
  }
  function halt() { running = false; run.textContent = "run"; clearTimeout(timer); }
  function randomize() {
    scene.W = scene.W.map(row => row.map(() => +(4 * Math.random() - 2).toFixed(2)));
    changed();
  }
  function load(name) {
    halt();
    const { points, classes } = presets[name], same = classes === scene.W[0].length;
    const W = same ? scene.W : scene.W.map(row => Array.from({ length: classes }, (_, c) => row[c] ?? 0));
    Object.assign(scene, { preset: name, classes, points: copy(points), W });
    plane.forget();
    changed();
  }

  // ---- pictures and words ----
  const answer = () => model.get("answer") ?? {};
  const shown = () => (python && answer().gradient ? answer() : seen);
  function refresh() {
    seen = evaluate(python ? { ...scene, loss: "softmax" } : scene);
    land = territory(scene.W, view(), CELLS);
    picture = paintRegions(land, colors, white, stripes);
    const pen = picture.getContext("2d"), image = pen.getImageData(0, 0, CELLS, CELLS);
    land.pale.forEach((pale, i) => {
      if (pale) for (let k = 4 * i; k < 4 * i + 3; k++) image.data[k] = 0.45 * image.data[k] + 0.55 * 255;
    });
    pen.putImageData(image, 0, 0);
    loss.select(scene.loss);
    l2.sync(scene.l2);
    rate.sync(scene.rate);
    starts.forEach(b => b.setAttribute("aria-pressed", b.textContent === scene.preset));
    fillWeights();
    fillTable();
    redraw();
  }
  function fillWeights() {
    const { gradient, numeric } = shown();
    const head = element(
      "tr", {}, element("td", {}),
      ...scene.W[0].map((_, c) => element("th", { scope: "col" }, icon(c, colors[c]), names[c]))
    );
    if (weights.dataset.classes !== `${scene.classes}`) {
      weights.replaceChildren(
        head,
        ...["w1", "w2", "b"].map((name, d) => element(
          "tr", {}, element("th", { scope: "row" }, name),
          ...scene.W[0].map((_, c) => {
            const field = element("input", {
              type: "number", step: 0.1, "aria-label": `${name} of ${names[c]}`,
              input: () => {
                if (!Number.isFinite(field.valueAsNumber)) return;
                scene.W[d][c] = Math.max(-99, Math.min(99, field.valueAsNumber));
                changed();
              }
            });
            return element("td", {}, field, element("small"));
          })
        ))
      );
      weights.dataset.classes = scene.classes;
    }
    weights.querySelectorAll("td:has(input)").forEach((cell, i) => {
      const d = Math.floor(i / scene.classes), c = i % scene.classes;
      if (cell.firstChild !== document.activeElement) cell.firstChild.value = fixed(scene.W[d][c]);
      cell.lastChild.textContent = numeric
        ? `yours ${signed(gradient[d][c])}\nnum. ${signed(numeric[d][c])}`
        : `gradient ${signed(gradient[d][c])}`;
    });
    message.textContent = python ? answer().message ?? "" : "";
    const told = `data loss ${fixed(seen.data, 3)} + L2 ${fixed(seen.penalty, 3)} `
      + `= total ${fixed(seen.data + seen.penalty, 3)}`;
    total.textContent = !python ? told
      : "gap" in answer() ? `your total loss ${fixed(answer().total, 3)}, largest gap ${answer().gap.toExponential(1)}`
      : "";
  }
  function fillTable() {
    const cells = (tag, values) => element("tr", {}, ...values.map(v => element(tag, {}, v)));
    table.replaceChildren(
      cells("th", ["x1", "x2", "class", ...scene.W[0].map((_, c) => `s${c}`), "loss"]),
      ...scene.points.map(([x, y, label], i) => {
        const row = cells("td", [
          fixed(x), fixed(y), names[label], ...seen.scores[i].map(s => fixed(s)), fixed(seen.each[i])
        ]);
        row.children[3 + label].className = "vc-mine";
        row.className = seen.each[i] > 0.005 ? "vc-charged" : "";
        return row;
      })
    );
  }
  function look([x, y]) {
    const s = scoresAt(scene.W, x, y), order = s.map((_, c) => c).sort((a, b) => s[b] - s[a]);
    return `Scores here: ${s.map((v, c) => `${names[c]} ${fixed(v)}`).join(", ")}; ${names[order[0]]} leads `
      + `by ${fixed(s[order[0]] - s[order[1]])}.`;
  }
  function under(pen) {
    pen.drawImage(picture, 0, 0, SIDE, SIDE);
    const side = view()[2];
    for (let c = 0; c < scene.classes; c++) {
      const [u, v, b] = scene.W.map(row => row[c]), size = Math.hypot(u, v);
      if (size < 1e-6) continue;
      // the point of the line nearest to the origin
      const foot = [-b * u / size ** 2, -b * v / size ** 2], way = [u / size, v / size];
      const at = (along, across) => plane.pixel([
        foot[0] + along * way[0] - across * way[1], foot[1] + along * way[1] + across * way[0]
      ]);
      stroke(pen, `M${at(0, -3 * side)}L${at(0, 3 * side)}`, [["#fff", 5]]);
      pen.setLineDash([8, 5]);
      stroke(pen, `M${at(0, -3 * side)}L${at(0, 3 * side)}`, [[colors[c], 2.5]]);
      pen.setLineDash([]);
      const tip = 0.13 * side;
      const arrow = `M${at(0, 0)}L${at(tip, 0)}M${at(0.8 * tip, -0.1 * tip)}L${at(tip, 0)}L${at(0.8 * tip, 0.1 * tip)}`;
      stroke(pen, arrow, [["#fff", 6], [colors[c], 3]]);
    }
  }
  function redraw() {
    frame ||= requestAnimationFrame(() => { frame = 0; plane.draw(); root.dataset.drawn = ++drawn; });
  }
  function adopt() {   // another view of the same widget moved something
    if (model.get("scene") === sent) return;
    Object.assign(scene, copy(model.get("scene")));
    plane.forget();
    refresh();
  }
  model.on("change:answer", fillWeights);
  model.on("change:scene", adopt);
  el.append(root);
  say(HINT);
  refresh();
  return () => {
    halt();
    model.off("change:answer", fillWeights);
    model.off("change:scene", adopt);
    cancelAnimationFrame(frame);
  };
}

export default { render };

// Babysitter: a network trains, the learning rate moves under way, and the curves answer.
const CURVES = [460, 470], CELLS = 70;
const two = v => v.toFixed(2), percent = v => `${Math.round(100 * v)} %`;

function render({ model, el }) {
  const start = model.get("start"), { sets, rates, batches, penalties, most, right, hidden } = start;
  const { colors, white, stripes, lines: [TRAIN, HELD, RATE] } = start;
  const scene = structuredClone(model.get("scene"));
  let run_, frame = 0, drawn = 0, before = [];

  // ---- controls ----
  const powers = Array.from({ length: 51 }, (_, i) => +(rates[0] * (rates[1] / rates[0]) ** (i / 50)).toPrecision(2));
  const rate = ranged("learning rate", powers, setRate);
  const data = choice("data", Object.keys(sets).map(name => [name, name]), name => restart({ data: name }));
  const batch = choice("batch", batches.map(n => [n, `${n}`]), n => restart({ batch: n }));
  const l2 = choice("L2", penalties.map(v => [v, `${v}`]), v => restart({ l2: v }));
  const button = (text, click) => element("button", { type: "button", click }, text);
  const play = player("run", 125, () => advance(6), () => advance(50));
  const step = button("step", () => { play.stop(); advance(1); });
  const ten = button("10 steps", () => { play.stop(); advance(10); });
  const reset = button("reset", () => restart({}));
  const other = button("other weights", () => restart({ seed: scene.seed + 1 }));
  const plane = sharpCanvas(SIDE, SIDE, {
    class: "vc-plane", role: "img", style: "cursor: default; touch-action: auto"
  });
  const curves = sharpCanvas(...CURVES, { role: "img" });
  const status = element("p", { class: "vc-status", role: "status", "aria-live": "off", style: "min-height: 4.2em" });
  const advice = element("p", { role: "status", style: "min-height: 2.8em; font-weight: 600" });
  const root = widgetRoot(
    element("div", { class: "vc-left" }, data, element("div", { style: "height: 8px" }), plane, status, advice),
    element(
      "div", { class: "vc-right", style: "max-width: 470px; flex-basis: 380px; min-width: 0" }, rate,
      buttons("training", play, step, ten, reset, other),
      element("div", { class: "vc-row", style: "flex-wrap: wrap; gap: 8px 22px" }, batch, l2), curves
    )
  );
  root.style.maxWidth = "940px";
  rate.querySelector("label").style.fontWeight = "600";

  // ---- what changes the scene ----
  const sync = shared(model, scene, () => { replay(); redraw(); });
  const now = () => scene.rates.at(-1)[1];
  function setRate(value) {   // from the current step on
    if (scene.rates.at(-1)[0] === scene.steps) scene.rates.pop();
    scene.rates.push([scene.steps, value]);
    sync.changed();
    redraw();
  }
  function restart(what) {
    before = run_.log.length > 20 ? run_.log : before;
    Object.assign(scene, what, { rates: [[0, now()]], steps: 0 });
    if ("data" in what) before = [];
    replay();
    sync.changed();
    redraw();
  }
  function replay() {   // the training as it was, with every rate it had
    run_ = training(sets[scene.data], hidden, scene);
    const moves = new Map(scene.rates);
    for (let n = 0, at; n < scene.steps; n++) if (!run_.advance(at = moves.get(n) ?? at)) break;
    scene.steps = run_.log.length - 1;
  }
  function advance(count) {   // false when there is nothing more to learn
    let alive = scene.steps < most;
    for (let n = 0; n < count && alive; n++) alive = run_.advance(now()) && run_.log.length <= most;
    scene.steps = run_.log.length - 1;
    sync.changed();
    redraw();
    return alive;
  }

  // ---- pictures and words ----
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    const { train, held_out, view: [left, bottom, side] } = sets[scene.data], pen = plane.pen;
    const masks = new Uint8Array(CELLS * CELLS);
    for (let i = 0; i < masks.length; i++) {
      const scores = forward(run_.net, [
        left + (i % CELLS + 0.5) / CELLS * side, bottom + side - (Math.floor(i / CELLS) + 0.5) / CELLS * side
      ]).at(-1);
      masks[i] = 1 << Math.max(0, scores.indexOf(Math.max(...scores)));
    }
    pen.imageSmoothingEnabled = false;
    pen.drawImage(paintRegions({ masks, size: CELLS }, colors, white, stripes), 0, 0, SIDE, SIDE);
    for (const [points, r] of [[held_out, 3], [train, 4.5]]) for (const [x, y, label] of points) {
      const shape = outline(label, (x - left) / side * SIDE, SIDE - (y - bottom) / side * SIDE, r);
      if (points === train) {
        pen.fillStyle = colors[label];
        pen.fill(new Path2D(shape));
        stroke(pen, shape, [["#fff", 1]]);
      } else stroke(pen, shape, [["#fff", 2], [colors[label], 1]]);
    }
    paintCurves();
    show();
    root.dataset.drawn = ++drawn;
  }
  function paintCurves() {
    const pen = curves.pen, [width, height] = CURVES, log = run_.log, guess = Math.log(sets[scene.data].classes);
    const x = [0, Math.max(100, log.length - 1, before.length - 1)];
    const box = n => [44, 24 + n * 152, width - 12, 24 + n * 152 + 112];
    const along = key => log.map((entry, i) => [i, entry[key]]), old = key => before.map((entry, i) => [i, entry[key]]);
    pen.clearRect(0, 0, width, height);
    const loss = axes(pen, box(0), {
      x, y: [0, Math.max(1.6 * guess, 1)],
      title: "loss: training (solid), held out (dashed), guessing (dotted)" + (before.length ? ", last run pale" : ""),
      count: 4
    });
    loss([[0, guess], [x[1], guess]], "#777", 1, [2, 3]);
    const share = axes(pen, box(1), { x, y: [0, 1], title: "accuracy", count: 4 });
    const seen = log.flatMap(entry => [entry.ratio, entry.rate]).filter(v => v > 0 && v < 1e6);
    const pace = axes(pen, box(2), {
      x, y: [Math.min(1e-4, ...seen.map(v => v / 2)), Math.max(1, ...seen.map(v => 2 * v))], log: true,
      title: "update / weights (usual 0.001: dotted), learning rate (dashed)", xlabel: "step", count: 4
    });
    pace([[0, right], [x[1], right]], "#777", 1, [2, 3]);
    for (const [line, key, held] of [[loss, "loss", "heldLoss"], [share, "accuracy", "heldAccuracy"]]) {
      line(old(key), "#bbb", 1.2);
      line(along(held), HELD, 1.6, [6, 4]);
      line(along(key), TRAIN, 1.8);
    }
    pace(log.slice(1).map((entry, i) => [i + 1, entry.ratio]), TRAIN, 1.1);
    const known = log.map(entry => entry.rate ?? now());
    pace(known.flatMap((v, i) => [[i, known[Math.max(0, i - 1)]], [i, v]]), RATE, 2, [5, 3]);
  }
  function verdict({ loss, accuracy, heldAccuracy }, ratio) {
    const guess = Math.log(sets[scene.data].classes);
    if (!Number.isFinite(loss))
      return "The loss is no number any more: the rate was too large. Reset, and take a smaller one.";
    if (scene.steps === 0)
      return `Before the first step a network should guess: the loss is ${two(loss)}, `
        + `and ln ${sets[scene.data].classes} is ${two(guess)}.`;
    if (ratio > 0.05) return "The updates are large beside the weights: the loss jumps. Take the rate down.";
    if (accuracy - heldAccuracy > 0.1)
      return "Much better on the training points than on the others: it learns them by heart. More L2 may help.";
    if (ratio < 2e-4 && accuracy < 0.95) return "The updates hardly move the weights: the rate may be larger.";
    return accuracy > 0.97
      ? "Nearly everything right. A smaller rate now calms what is left of the noise."
      : "The updates have a useful size. Wait, or try a rate three times as large.";
  }
  function show() {
    const log = run_.log, last = log.at(-1), recent = log.slice(-10).map(entry => entry.ratio).filter(v => v !== null);
    const ratio = recent.reduce((a, b) => a + b, 0) / (recent.length || 1);
    const number = v => (Number.isFinite(v) ? two(v) : "no number");
    status.textContent = `Step ${scene.steps}${scene.steps === most ? ", the last" : ""}, learning rate ${now()}. `
      + `Training loss ${number(last.loss)}, ${percent(last.accuracy)} right; `
      + `held out (hollow) ${number(last.heldLoss)}, ${percent(last.heldAccuracy)} right.`
      + (recent.length && Number.isFinite(ratio)
        ? ` Update/weight ratio of the last ${recent.length} steps ${ratio.toExponential(1).replace("-", "−")}.`
        : "");
    const told = verdict(last, ratio);
    if (advice.textContent !== told) advice.textContent = told;
    plane.setAttribute("aria-label", `Regions of the network and its points. ${status.textContent}`);
    curves.setAttribute(
      "aria-label", `Curves of loss, accuracy, update/weight ratio and learning rate. ${status.textContent}`
    );
    play.disabled = step.disabled = ten.disabled = scene.steps === most || !Number.isFinite(last.loss);
    data.select(scene.data);
    batch.select(scene.batch);
    l2.select(scene.l2);
    rate.sync(now());
  }
  replay();
  el.append(root);
  paint();
  return () => { sync.stop(); play.stop(); cancelAnimationFrame(frame); };
}

export default { render };

// k nearest neighbours in the plane: the controls, the picture, and the words for what is under the pointer.
const FINE = 200, COARSE = 100;   // cells along a side
const SLOW = 10;   // milliseconds beyond which moving hands see the coarse ones
const REST = 250, LATE = 800;   // milliseconds
const HINT = "Drag a point, or press on an empty place to add one. Rest on the plane to see who votes.";
const WAITING = "Waiting for Python to run your code.";

function render({ model, el }) {
  const { names, colors, white, stripes, mostK, mostPoints, presets, python } = model.get("start");
  const copy = value => JSON.parse(JSON.stringify(value)), scene = copy(model.get("scene"));
  const preset = () => presets[scene.preset];
  const stock = kind => copy(preset()[kind].filter(p => p[2] < scene.classes));
  let shown = { curves: {} }, picture, labels = [], sent, stale = true, fresh = false, cost = 0, frame = 0, rest = 0;
  let late = 0, drawn = 0;

  // ---- controls ----
  const setK = k => { scene.k = k; changed(); };
  const slider = element("input", { type: "range", min: 1, max: mostK, input: () => setK(+slider.value) });
  const count = element("b", { "aria-hidden": "true" });
  const metric = choice("distance", [["l1", "L1"], ["l2", "L2"]], value => { scene.metric = value; changed(); });
  const classes = choice("classes", [2, 3, 4].map(n => [n, `${n}`]), setClasses);
  const starts = Object.keys(presets).map(name => element("button", { type: "button", click: () => load(name) }, name));
  const again = element("button", { type: "button", click: () => changed(true) }, "run my code again");
  const showHeld = element("input", { type: "checkbox", change: redraw });
  const heldOut = element("label", { class: "vc-check" }, showHeld, "show the held-out points");
  const chart = accuracyChart(mostK, setK);
  const status = element("p", { class: "vc-status", role: "status" });
  const message = element("p", { class: "vc-message", role: "alert" });
  const say = text => { status.textContent = text; };
  const plane = pointPlane({
    scene, view: () => preset().view, names, colors, mostPoints, changed, redraw, look, say, hint: HINT, under
  });
  const root = widgetRoot(
    element("div", { class: "vc-left" }, plane.canvas, message, status),
    element("div", { class: "vc-right" },
      element("div", { class: "vc-slider" }, element("label", {}, "k", slider), count),
      element("div", { class: "vc-row" }, ...(python ? [again] : [metric]), classes),
      buttons("start from", ...starts), plane.palette, chart.canvas, chart.readout,
      heldOut, plane.keys));

  // ---- what changes the scene ----
  // A change is final when hands let go or rest; only then is it drawn as finely as can be.
  function changed(final = false) {
    Object.assign(scene, { k: Math.min(scene.k, scene.points.length), final, turn: scene.turn + 1 });
    stale = true;
    sync();
    redraw();
    clearTimeout(rest);
    if (!final) rest = setTimeout(changed, REST, true);
    if (!final && !python) return;   // the browser draws by itself, and tells Python how it ended
    model.set("scene", sent = copy(scene));
    model.save_changes();            // ipywidgets merges these while Python is busy
    clearTimeout(late);
    if (python) late = setTimeout(say, LATE, WAITING);
  }
  function load(name) {
    Object.assign(scene, { preset: name, classes: presets[name].classes });
    restart(stock("points"));
  }
  function setClasses(n) {   // a class that goes takes its points along; one that comes brings the preset's
    const before = scene.classes;
    scene.classes = n;
    const points = scene.points.filter(p => p[2] < n).concat(stock("points").filter(p => p[2] >= before));
    restart(points.length ? points : stock("points"));
  }
  function restart(points) {
    scene.points = points;
    plane.forget();
    changed();
    say(`${points.length} points of ${scene.classes} classes.`);
  }
  function sync() {
    slider.max = Math.min(mostK, scene.points.length);
    slider.value = count.textContent = scene.k;
    metric.select(scene.metric);
    classes.select(scene.classes);
    heldOut.hidden = !stock("held_out").length;
    starts.forEach(button => button.setAttribute("aria-pressed", button.textContent === scene.preset));
  }

  // ---- pictures and words ----
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    if (stale && !python) {
      const began = performance.now(), size = scene.final || cost < SLOW ? FINE : COARSE;
      const most = Math.min(mostK, scene.points.length);
      const curves = { training: accuracies(scene, scene.points, most) }, held = stock("held_out");
      if (held.length) curves["held out"] = accuracies(scene, held, most);
      show({ masks: regions(scene, preset().view, size), size, curves, message: "" });
      if (size === FINE) cost = performance.now() - began;
    }
    if (stale) {
      chart.show(shown.curves, scene.k);
      labels = scene.classes === 4 && shown.masks ? regionLabels(shown, 4, scene.points.map(plane.pixel)) : [];
    }
    plane.draw();
    if (fresh) root.dataset.drawn = ++drawn;   // for whoever waits for the picture
    stale = fresh = false;
  }
  function show(next) {
    // a drag leaves the learner's curves as they were
    const curves = next.final === false ? shown.curves : next.curves;
    shown = { ...next, curves };
    picture = paintRegions(next, colors, white, stripes);
    message.textContent = next.message;
    fresh = true;
  }
  function answered() {
    const answer = model.get("answer");
    if (!answer.masks) return;
    if (answer.turn === scene.turn) clearTimeout(late);
    if (status.textContent === WAITING) say(HINT);
    show({ ...answer, masks: Uint8Array.from(atob(answer.masks), c => c.charCodeAt(0)) });
    stale = true;
    redraw();
  }
  function look(at) {
    const ours = verdict(scene, at, names), [column, row] = plane.pixel(at).map(v => Math.floor(v / SIDE * shown.size));
    const theirs = python && shown.masks?.[row * shown.size + column];
    return theirs ? `${ours} Your code says ${names[smallest(theirs)]}.` : ours;
  }
  function under(pen, cursor) {
    if (picture) pen.drawImage(picture, 0, 0, SIDE, SIDE);
    for (const [label, x, y] of labels) drawName(pen, names[label], x, y);
    for (const p of showHeld.checked ? stock("held_out") : []) {
      stroke(pen, outline(p[2], ...plane.pixel(p), 4), [["#fff", 3], [colors[p[2]], 1.5]]);
    }
    if (cursor) drawVote(pen, plane.pixel(cursor), nearest(scene, cursor).map(plane.pixel), scene.metric);
  }

  function adopt() {   // another view of the same widget moved something
    if (model.get("scene") === sent) return;
    Object.assign(scene, copy(model.get("scene")));
    plane.forget();
    stale = true;
    sync();
    redraw();
  }
  model.on("change:answer", answered);
  model.on("change:scene", adopt);
  el.append(root);
  sync();
  say(HINT);
  answered();
  redraw();
  return () => {
    model.off("change:answer", answered);
    model.off("change:scene", adopt);
    for (const timer of [rest, late]) clearTimeout(timer);
    cancelAnimationFrame(frame);
  };
}

export default { render };

// Saliency explorer: Python computes the maps; what hands do to opacity and patch is answered here at once.
const VIEW = 2 * SIDE, MOST = 640, HEAVIEST = 4e7;   // pixels of a canvas and of a sent picture, bytes of a file

function render({ model, el }) {
  const start = model.get("start"), scene = { ...model.get("scene") }, alone = start.alone, known = new Map();
  const pictures = {}, photos = [...start.photos];
  let shown, busy = false, stopped = false, place = null, frame = 0, drawn = 0, late = 0;

  // ---- controls ----
  const root = widgetRoot(), paintMap = mapPainter(VIEW, start.palette);
  const say = element("p", { class: "vc-message", role: "alert" });
  const status = element("p", { class: "vc-status", role: "status" });
  const readout = element("p", { class: "vc-readout", "aria-live": "polite", style: "min-height: 4.2em; margin: 0" });
  const views = ["weights as learned", "random weights"].map(text => {
    const canvas = sharpCanvas(VIEW, VIEW, {
      role: "application", tabindex: 0, class: "vc-plane",
      "aria-label": `Map, ${text}. Arrows move a patch, Escape takes it away.`
    });
    const caption = element("figcaption", { style: "min-height: 1.5em" });
    return {
      canvas, caption,
      figure: element(
        "figure", { style: "margin: 0; flex: 1 1 200px; max-width: 440px; min-width: 0" }, caption, canvas
      )
    };
  });
  const method = choice("method", start.methods.map(name => [name, name]), name => change({ method: name }));
  const patch = choice("patch, pixels", start.patches.map(n => [n, String(n)]), n => change({ patch: n }));
  const layer = ranged(
    "layer", start.layers.map((_, i) => i), i => change({ layer: start.layers[i] }), i => start.layers[i]
  );
  const opacity = ranged(
    "opacity", Array.from({ length: 21 }, (_, i) => i / 20), v => { scene.opacity = v; redraw(); sync.changed(); },
    v => `${Math.round(100 * v)} %`
  );
  const random = dropdown(
    "sanity check: draw weights anew",
    [
      ["", "no"],
      ...start.parts.map(name => [name, name === start.parts.at(-1) ? `all, down to ${name}` : `down to ${name}`])
    ],
    name => change({ random: name || null })
  );
  const photo = changingChoice("photograph", name => change({ photo: name, label: null }));
  const label = changingChoice("class", n => change({ label: n }));
  const search = nameSearch(
    "search a class", "search a class by its name", start.names, n => change({ label: n }), refuse
  );
  const bar = element("progress", { max: 1, "aria-label": "how much is computed" });
  const halt = element("button", { type: "button", click: stopOrGoOn });
  const progress = element("div", { class: "vc-buttons", style: "align-items: center", hidden: "" }, bar, halt);
  const note = element(
    "p", {},
    alone
      ? "This page shows one photograph and class; "
        + "in a notebook all photographs, classes, slow methods and random weights can be chosen."
      : ""
  );
  const both = element(
    "div",
    { style: "display: flex; flex-wrap: wrap; gap: 12px; flex: 1 1 300px; max-width: 892px; position: relative" },
    ...views.map(view => view.figure), say
  );
  root.append(
    element(
      "div", { style: "display: flex; flex-wrap: wrap; gap: 10px 24px; flex-basis: 100%; align-items: end" },
      ...(alone ? [] : [photo, ...pictureButton("a file of yours", take)])
    ),
    element(
      "div", { style: "display: flex; flex-wrap: wrap; gap: 10px 24px; flex-basis: 100%; align-items: end" }, label,
      ...(alone ? [] : search)
    ),
    both,
    element(
      "div", { class: "vc-right", style: "flex-basis: 250px; max-width: 420px" }, method, layer, patch, opacity,
      ...(alone ? [] : [random]), progress, status, readout, note
    )
  );
  root.style.maxWidth = "960px";

  // ---- what hands choose, and what Python answers ----
  const how = () => ({ "Grad-CAM": scene.layer, occlusion: scene.patch })[scene.method];
  const chosen = () => [scene.photo, scene.label, scene.method, how(), scene.patch, scene.random];
  const key = () => chosen().map(v => v ?? "").join("|");
  const sync = shared(model, scene, () => { delete scene.upload; delete scene.stop; delete scene.again; settle(); });
  function send(more = {}) {
    if (alone) return;
    model.set("scene", { ...scene, ...more });
    model.save_changes();
    clearTimeout(late);
    late = setTimeout(() => {
      if (busy && !(shown?.share < 1))
        status.textContent = "Waiting for Python, which is busy: a running cell must end first.";
    }, 700);
  }
  function change(what, more) {
    Object.assign(scene, what);
    say.textContent = "";
    busy = true;
    stopped = false;
    settle();
    send(more);
  }
  function stopOrGoOn() {
    send(stopped ? { again: true } : { stop: true });
    busy = stopped;
    stopped = false;
    redraw();
  }
  function hear() {
    const answer = model.get("answer");
    if (answer.message) { say.textContent = answer.message; scene.photo = answer.photo ?? scene.photo; busy = false; }
    if (answer.key) { keep(answer); stopped = false; }
    if (answer.stopped) stopped = true;
    settle();
  }
  function keep(answer) {
    known.set(answer.key, answer);
    const [name] = answer.key.split("|");
    if (answer.photo)
      pictures[name] ??= Object.assign(new Image(), { onload: redraw, src: "data:image/jpeg;base64," + answer.photo });
  }
  function settle() {   // show what is known of the choices
    const answer = known.get(key());
    if (answer) { shown = answer; busy = answer.share < 1 && !stopped; }
    redraw();
  }
  function refuse(text) {
    say.textContent = `No class is called “${text}”: choose one from the list that opens while you type.`;
  }
  async function take(file) {
    try {
      const upload = await smallJpeg(file, MOST, HEAVIEST);
      const mine = photos.filter(name => name.startsWith("yours")).length;
      photos.push(mine ? `yours ${mine + 1}` : "yours");
      change({ photo: photos.at(-1), label: null }, { upload });
    } catch (error) {
      say.textContent = `${file.name} cannot be shown: ${error.message}. Choose a PNG or JPEG file.`;
    }
  }

  // ---- pictures and words ----
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    both.style.flexBasis = scene.random ? "560px" : "300px";
    const image = shown && pictures[shown.key.split("|")[0]];
    views.forEach(({ canvas, caption, figure }, i) => {
      figure.hidden = i === 1 && !scene.random;
      caption.textContent = shown?.captions[i] ?? (i ? `random weights down to ${scene.random}` : "");
      paintMap(canvas.pen, image, shown?.maps[i], shown?.box, scene.opacity);
      if (place) stroke(canvas.pen, patchAt(place), [["#000", 4], ["#fff", 2]]);
    });
    const top = shown?.top ?? [], options = top.map(([n, name, share]) => [n, `${name} ${percent(share)}`]);
    photo.show(photos.map(name => [name, name]), scene.photo);
    label.show(alone ? options.filter(([n]) => n === shown.label) : options, scene.label ?? shown?.label);
    method.select(scene.method);
    patch.select(scene.patch);
    layer.hidden = scene.method !== "Grad-CAM";
    patch.hidden = alone || scene.method !== "occlusion";
    [[layer, start.layers.indexOf(scene.layer)], [opacity, scene.opacity], [random, scene.random ?? ""]].forEach(
      ([control, value]) => control.sync(value)
    );
    progress.hidden = !shown || shown.share === 1;
    bar.value = shown?.share ?? 0;
    halt.textContent = stopped ? "go on" : "stop";
    status.textContent = shown?.told ?? "";
    readout.textContent = told();
    root.dataset.busy = busy;
    root.dataset.drawn = ++drawn;
  }
  function patchAt([row, column]) {
    const zoom = VIEW / SIDE, [x, y] = [column, row].map(n => n * start.stride * zoom), side = scene.patch * zoom;
    return `M${x},${y}h${side}v${side}h${-side}Z`;
  }
  function told() {
    if (!shown || !place)
      return alone ? "" : "Point at the picture, or press arrows on it, to ask what hiding a patch does.";
    const advice = alone ? "" : "Choose occlusion once, and the patch tells by how much hiding it lowers the score.";
    return hidingTold(shown, place) || `Row ${place[0]}, column ${place[1]} of the patches. ${advice}`;
  }

  // ---- hands ----
  const last = () => Math.floor((SIDE - scene.patch) / start.stride);
  const inside = v => Math.max(0, Math.min(last(), Math.round(v)));
  function moveTo(next) {
    place = next && next.map(inside);
    redraw();
  }
  for (const { canvas } of views) {
    const look = event => moveTo(
      pointed(canvas, event, [SIDE, SIDE]).reverse().map(v => (v - scene.patch / 2) / start.stride)
    );
    for (const type of ["pointerdown", "pointermove"]) canvas.addEventListener(type, look);
    canvas.addEventListener("pointerleave", () => moveTo(null));
    const arrow = (down, right) => far => moveTo(
      place ? [place[0] + far * down, place[1] + far * right] : [last() / 2, last() / 2]
    );
    keys(canvas, {
      ArrowUp: arrow(-1, 0), ArrowDown: arrow(1, 0), ArrowLeft: arrow(0, -1), ArrowRight: arrow(0, 1),
      Escape: () => moveTo(null)
    });
  }
  start.answers.forEach(keep);
  shown = start.answers.find(answer => answer.key === key()) ?? start.answers[0];
  model.on("change:answer", hear);
  el.append(root);
  settle();
  paint();
  return () => { sync.stop(); model.off("change:answer", hear); clearTimeout(late); cancelAnimationFrame(frame); };
}

export default { render };

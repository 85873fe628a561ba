// Saliency explorer: Python computes the maps; what hands do to opacity and patch is answered here at once.
const VIEW = 2 * SIDE, MOST = 640, HEAVIEST = 4e7;   // pixels of a canvas and of a sent picture, bytes of a file

function render({ model, el }) {
  const start = model.get("start"), scene = { ...model.get("scene") }, alone = start.alone, known = new Map(), pictures = {}, photos = [...start.photos];
  let shown, busy = false, stopped = false, place = null, frame = 0, drawn = 0, late = 0;

  // ---- controls ----
  const root = widgetRoot(), part = { photo: element("div"), label: element("div") };
  const say = element("p", { class: "vc-message", role: "alert" }), status = element("p", { class: "vc-status", role: "status" }), readout = element("p", { class: "vc-readout", "aria-live": "polite", style: "min-height: 4.2em; margin: 0" });
  const views = ["weights as learned", "random weights"].map(text => {
    const canvas = sharpCanvas(VIEW, VIEW, { role: "application", tabindex: 0, class: "vc-plane", "aria-label": `Map, ${text}. Arrows move a patch, Escape takes it away.` });
    const caption = element("figcaption", { style: "min-height: 1.5em" });
    return { canvas, caption, figure: element("figure", { style: "margin: 0; flex: 1 1 200px; max-width: 440px; min-width: 0" }, caption, canvas) };
  });
  const method = choice("method", start.methods.map(name => [name, name]), name => change({ method: name }));
  const patch = choice("patch, pixels", start.patches.map(n => [n, String(n)]), n => change({ patch: n }));
  const layer = ranged("layer", start.layers.map((_, i) => i), i => change({ layer: start.layers[i] }), i => start.layers[i]), opacity = ranged("opacity", Array.from({ length: 21 }, (_, i) => i / 20), v => { scene.opacity = v; redraw(); sync.changed(); }, v => `${Math.round(100 * v)} %`);
  const random = select("sanity check: draw weights anew", [["", "no"], ...start.parts.map(name => [name, name === start.parts.at(-1) ? `all, down to ${name}` : `down to ${name}`])], name => change({ random: name || null }));
  const file = element("input", { type: "file", accept: "image/*", hidden: "", change: () => take(file.files[0]) }), open = element("button", { type: "button", click: () => file.click() }, "a file of yours");
  const search = element("input", { type: "search", placeholder: "search a class", "aria-label": "search a class by its name", style: "width: 190px; min-height: 28px; font: inherit", change: () => find(search.value) });
  const names = element("datalist", { id: "vc" + Math.random().toString(36).slice(2) }, ...start.names.map(name => element("option", { value: name })));
  search.setAttribute("list", names.id);
  const bar = element("progress", { max: 1, "aria-label": "how much is computed" }), halt = element("button", { type: "button", click: () => { send(stopped ? { again: true } : { stop: true }); busy = stopped; stopped = false; redraw(); } });
  const progress = element("div", { class: "vc-buttons", style: "align-items: center", hidden: "" }, bar, halt);
  const note = element("p", {}, alone ? "This page shows one photograph and class; in a notebook all photographs, classes, slow methods and random weights can be chosen." : "");
  const both = element("div", { style: "display: flex; flex-wrap: wrap; gap: 12px; flex: 1 1 300px; max-width: 892px; position: relative" }, ...views.map(view => view.figure), say);
  root.append(
    element("div", { style: "display: flex; flex-wrap: wrap; gap: 10px 24px; flex-basis: 100%; align-items: end" }, ...(alone ? [] : [part.photo, open, file])),
    element("div", { style: "display: flex; flex-wrap: wrap; gap: 10px 24px; flex-basis: 100%; align-items: end" }, part.label, ...(alone ? [] : [search, names])),
    both,
    element("div", { class: "vc-right", style: "flex-basis: 250px; max-width: 420px" }, method, layer, patch, opacity, ...(alone ? [] : [random]), progress, status, readout, note));
  root.style.maxWidth = "960px";

  function select(name, options, set) {
    const input = element("select", { change: () => set(input.value) }, ...options.map(([value, text]) => element("option", { value }, text))), made = element("label", {}, name, " ", input);
    made.sync = value => { input.value = value; };
    return made;
  }
  function refill(here, legend, options, value, set) {   // radio buttons whose options change; made anew only then, so that the focus stays
    const now = JSON.stringify(options), made = here.dataset.options === now ? here.firstChild : choice(legend, options, set), focused = here.contains(document.activeElement);
    made.select(value);
    if (made === here.firstChild) return;
    here.dataset.options = now;
    here.replaceChildren(made);
    if (focused) made.querySelector("input:checked")?.focus();
  }

  // ---- what hands choose, and what Python answers ----
  const how = () => ({ "Grad-CAM": scene.layer, occlusion: scene.patch })[scene.method];
  const key = () => [scene.photo, scene.label, scene.method, how(), scene.patch, scene.random].map(v => v ?? "").join("|");
  const sync = shared(model, scene, () => { delete scene.upload; delete scene.stop; delete scene.again; settle(); });
  function send(more = {}) {
    if (alone) return;
    model.set("scene", { ...scene, ...more });
    model.save_changes();
    clearTimeout(late);
    late = setTimeout(() => { if (busy && !(shown?.share < 1)) status.textContent = "Waiting for Python, which is busy: a running cell must end first."; }, 700);
  }
  function change(what, more) {
    Object.assign(scene, what);
    say.textContent = "";
    busy = true;
    stopped = false;
    settle();
    send(more);
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
    if (answer.photo) pictures[name] ??= Object.assign(new Image(), { onload: redraw, src: "data:image/jpeg;base64," + answer.photo });
  }
  function settle() {   // show what is known of the choices
    const answer = known.get(key());
    if (answer) { shown = answer; busy = answer.share < 1 && !stopped; }
    redraw();
  }
  function find(text) {
    const label = start.names.findIndex(name => name.toLowerCase() === text.trim().toLowerCase());
    if (label >= 0) { search.value = ""; change({ label }); } else if (text.trim()) say.textContent = `No class is called “${text.trim()}”: choose one from the list that opens while you type.`;
  }
  async function take(given) {
    try {
      if (!given) return;
      if (given.size > HEAVIEST) throw new Error(`it has ${Math.round(given.size / 1e6)} MB, and ${HEAVIEST / 1e6} are allowed`);
      const bitmap = await createImageBitmap(given).catch(() => { throw new Error("its bytes are no picture that this browser can open"); }), scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
      const small = element("canvas", { width: Math.max(1, Math.round(bitmap.width * scale)), height: Math.max(1, Math.round(bitmap.height * scale)) }), pen = small.getContext("2d");
      Object.assign(pen, { fillStyle: "#fff", imageSmoothingQuality: "high" }).fillRect(0, 0, small.width, small.height);
      pen.drawImage(bitmap, 0, 0, small.width, small.height);
      const mine = photos.filter(name => name.startsWith("yours")).length;
      photos.push(mine ? `yours ${mine + 1}` : "yours");
      change({ photo: photos.at(-1), label: null }, { upload: small.toDataURL("image/jpeg", 0.92).split(",")[1] });
    } catch (error) { say.textContent = `${given.name} cannot be shown: ${error.message}. Choose a PNG or JPEG file.`; }
    file.value = "";
  }

  // ---- pictures and words ----
  const maps = new WeakMap();   // map -> its canvas
  function mapCanvas(map, box) {
    if (!maps.has(map)) {
      const made = element("canvas", { width: SIDE, height: SIDE });
      made.getContext("2d").putImageData(new ImageData(coloured(enlarged(map, box), start.palette), SIDE), 0, 0);
      maps.set(map, made);
    }
    return maps.get(map);
  }
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    both.style.flexBasis = scene.random ? "560px" : "300px";
    const image = shown && pictures[shown.key.split("|")[0]];
    views.forEach(({ canvas, caption, figure }, i) => {
      const map = shown?.maps[i], pen = canvas.pen;
      figure.hidden = i === 1 && !scene.random;
      caption.textContent = shown?.captions[i] ?? (i ? `random weights down to ${scene.random}` : "");
      pen.clearRect(0, 0, VIEW, VIEW);
      pen.imageSmoothingQuality = "high";
      if (image?.complete) pen.drawImage(image, 0, 0, VIEW, VIEW);
      Object.assign(pen, { globalAlpha: Math.min(1, 2 * scene.opacity), globalCompositeOperation: "saturation", fillStyle: "#888" }).fillRect(0, 0, VIEW, VIEW);   // gray, so that only the map has colour
      Object.assign(pen, { globalAlpha: scene.opacity, globalCompositeOperation: "source-over" });
      pen.imageSmoothingEnabled = !shown?.box;
      if (map) pen.drawImage(mapCanvas(map, shown.box), 0, 0, VIEW, VIEW);
      Object.assign(pen, { globalAlpha: 1, imageSmoothingEnabled: true });
      if (place) { const [r, c] = place, k = VIEW / SIDE, S = scene.patch * k; stroke(pen, `M${c * start.stride * k},${r * start.stride * k}h${S}v${S}h${-S}Z`, [["#000", 4], ["#fff", 2]]); }
    });
    const top = shown?.top ?? [], options = top.map(([n, name, share]) => [n, `${name} ${percent(share)}`]);
    refill(part.photo, "photograph", photos.map(name => [name, name]), scene.photo, name => change({ photo: name, label: null }));
    refill(part.label, "class", alone ? options.filter(([n]) => n === shown.label) : options, scene.label ?? shown?.label, n => change({ label: n }));
    method.select(scene.method);
    patch.select(scene.patch);
    layer.hidden = scene.method !== "Grad-CAM";
    patch.hidden = alone || scene.method !== "occlusion";
    [[layer, start.layers.indexOf(scene.layer)], [opacity, scene.opacity], [random, scene.random ?? ""]].forEach(([control, value]) => control.sync(value));
    progress.hidden = !shown || shown.share === 1;
    bar.value = shown?.share ?? 0;
    halt.textContent = stopped ? "go on" : "stop";
    status.textContent = shown?.told ?? "";
    readout.textContent = told();
    root.dataset.busy = busy;
    root.dataset.drawn = ++drawn;
  }
  const percent = share => (share < 0.0995 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`);
  function told() {
    if (!shown || !place) return alone ? "" : "Point at the picture, or press arrows on it, to ask what hiding a patch does.";
    const n = place[0] * shown.patches?.side + place[1], [, name, share] = shown.top.find(([label]) => label === shown.label);
    if (!shown.patches) return `Row ${place[0]}, column ${place[1]} of the patches. ${alone ? "" : "Choose occlusion once, and the patch tells by how much hiding it lowers the score."}`;
    const fall = shown.patches.falls[n], after = shown.patches.shares[n];
    return `With this patch hidden the score of ${name} ${fall < 0 ? "grows" : "falls"} by ${Math.abs(fall).toFixed(2)}, and its probability goes from ${percent(share)} to ${percent(after)}; the likeliest class is then ${shown.patches.tops[n]}.`;
  }

  // ---- hands ----
  const last = () => Math.floor((SIDE - scene.patch) / start.stride), inside = v => Math.max(0, Math.min(last(), Math.round(v)));
  function moveTo(next) {
    place = next && next.map(inside);
    redraw();
  }
  for (const { canvas } of views) {
    const look = event => moveTo(pointed(canvas, event, [SIDE, SIDE]).reverse().map(v => (v - scene.patch / 2) / start.stride));
    for (const type of ["pointerdown", "pointermove"]) canvas.addEventListener(type, look);
    canvas.addEventListener("pointerleave", () => moveTo(null));
    const arrow = (down, right) => far => moveTo(place ? [place[0] + far * down, place[1] + far * right] : [last() / 2, last() / 2]);
    keys(canvas, { ArrowUp: arrow(-1, 0), ArrowDown: arrow(1, 0), ArrowLeft: arrow(0, -1), ArrowRight: arrow(0, 1), Escape: () => moveTo(null) });
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

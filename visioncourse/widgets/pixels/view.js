// From pixels to edges to parts: a box in a photograph, looked for in the same photograph with less light.
const SIDE = 128, BOX = 24, CELL = 8, BINS = 8, PLACES = SIDE - BOX + 1, VIEW = 200, ZOOM = VIEW / SIDE;
const KEYS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// ---- what picture.py computes, number by number ----
const dimmed = (gray, light) => gray.map(v => Math.floor(v * light));

export function slopes(gray) {   // {length, number}: how steep each pixel is, and in which of the directions
  const length = new Float64Array(SIDE * SIDE), number = new Uint8Array(SIDE * SIDE);
  for (let r = 0, i = 0; r < SIDE; r++) for (let c = 0; c < SIDE; c++, i++) {
    const gx = c % (SIDE - 1) ? gray[i + 1] - gray[i - 1] : 0;
    const gy = r % (SIDE - 1) ? gray[i + SIDE] - gray[i - SIDE] : 0;
    const angle = Math.atan2(gy, gx);
    length[i] = Math.hypot(gx, gy);
    number[i] = Math.floor((angle < 0 ? angle + Math.PI : angle) / Math.PI * BINS) % BINS;
  }
  return { length, number };
}

export function histogram({ length, number }, row, column) {   // of the cell whose upper left corner is here
  const sums = new Float64Array(BINS);
  for (let r = row; r < row + CELL; r++)
    for (let i = r * SIDE + column, end = i + CELL; i < end; i++) sums[number[i]] += length[i];
  return sums;
}

function describer(gray, by) {   // a function that writes into an array what the box at (row, column) looks like
  if (by === "pixels") return (row, column, out) => {
    for (let r = 0, k = 0; r < BOX; r++)
      for (let i = (row + r) * SIDE + column, end = i + BOX; i < end; i++) out[k++] = gray[i];
  };
  const edges = slopes(gray), cells = SIDE - CELL + 1, all = new Float64Array(cells * cells * BINS);
  for (let i = 0; i < cells * cells; i++) all.set(histogram(edges, Math.floor(i / cells), i % cells), i * BINS);
  return (row, column, out) => {
    let squares = 0, k = 0;
    for (let r = 0; r < BOX; r += CELL) for (let c = 0; c < BOX; c += CELL) {
      for (let i = ((row + r) * cells + column + c) * BINS, end = i + BINS; i < end; i++)
        squares += (out[k++] = all[i]) ** 2;
    }
    const norm = Math.max(Math.sqrt(squares), 1e-9);
    while (k) out[--k] /= norm;
  };
}

export function unlikeness(gray, { row, column, light, by }) {   // PLACES x PLACES squared distances to the box
  const size = by === "pixels" ? BOX * BOX : 9 * BINS, part = new Float64Array(size), there = new Float64Array(size);
  const gaps = new Float64Array(PLACES * PLACES), look = describer(dimmed(gray, light), by);
  describer(gray, by)(row, column, part);
  for (let p = 0; p < gaps.length; p++) {
    let sum = 0;
    look(Math.floor(p / PLACES), p % PLACES, there);
    for (let i = 0; i < size; i++) sum += (there[i] - part[i]) ** 2;
    gaps[p] = Math.round(sum * 1e9) / 1e9;
  }
  return gaps;
}

// ---- the widget ----
function render({ model, el }) {
  const { photos, blue, orange } = model.get("start"), scene = { ...model.get("scene") };
  const grays = Object.fromEntries(
    Object.entries(photos).map(([name, text]) => [name, Uint8Array.from(atob(text), c => c.charCodeAt(0))])
  );
  let frame = 0, drawn = 0, dragging = false, sent = null;
  const canvas = (label, more) => sharpCanvas(VIEW, VIEW, { role: "img", "aria-label": label, ...more });
  const views = {
    "1 · pixels: drag the box": canvas("Photograph with the box. Arrows move it, with Shift eight times as far.", {
      class: "vc-plane", role: "application", tabindex: 0
    }),
    "2 · edges": canvas("Edges of the photograph"),
    "3 · the part, and the directions of its edges": canvas("The part, enlarged"),
    "4 · found in less light (dashed)": canvas("Dimmed photograph with the place that looks most alike"),
    "5 · how alike each place is": canvas("Map of likeness: bright is alike")
  };
  const [photo, edges, part, dim, alike] = Object.values(views);
  const figures = Object.entries(views).map(([text, view]) =>
    element("figure", { style: "margin: 0" }, element("figcaption", { style: "min-height: 2.8em" }, text), view));
  const name = choice("photograph", Object.keys(photos).map(key => [key, key]), key => change({ photo: key }));
  const by = choice("what is compared", [["pixels", "pixels"], ["edges", "edges"]], key => change({ by: key }));
  const share = element("output");
  const light = element("input", {
    type: "range", min: 5, max: 100, step: 5, input: () => change({ light: light.value / 100 })
  });
  const status = element("p", { class: "vc-status", role: "status", style: "flex-basis: 100%" });
  const root = widgetRoot(
    name, by, element("div", { class: "vc-slider" }, element("label", {}, "light", light), share), status,
    element(
      "div",
      {
        style: "display: grid; grid-template-columns: repeat(auto-fit, minmax(130px, 1fr)); gap: 8px; "
          + "flex-basis: 100%; min-width: 0; align-items: end"
      },
      ...figures
    )
  );
  root.style.maxWidth = "1080px";

  function change(what, final = true) {
    Object.assign(scene, what);
    frame ||= requestAnimationFrame(paint);
    if (!final) return;
    model.set("scene", sent = { ...scene });
    model.save_changes();
  }
  const inside = v => Math.max(0, Math.min(PLACES - 1, Math.round(v)));
  const moveTo = ([row, column], final) => change({ row: inside(row), column: inside(column) }, final);
  const place = event => {
    const box = photo.getBoundingClientRect();
    return [
      (event.clientY - box.top) / box.height * SIDE - BOX / 2, (event.clientX - box.left) / box.width * SIDE - BOX / 2
    ];
  };

  // ---- pictures ----
  function show(view, values, size, low, high, left = 0, width = VIEW) {   // gray levels, enlarged without smoothing
    const small = element("canvas", { width: size, height: size }), pen = small.getContext("2d");
    const image = pen.createImageData(size, size);
    for (let i = 0; i < 4 * size * size; i++)
      image.data[i] = i % 4 === 3 ? 255 : 255 * (values[i >> 2] - low) / (high - low || 1);
    pen.putImageData(image, 0, 0);
    Object.assign(view.pen, { fillStyle: "#000", imageSmoothingEnabled: false }).fillRect(0, 0, VIEW, VIEW);
    view.pen.drawImage(small, left, left, width, width);
  }
  function box(view, row, column, colour, dash = []) {
    const path = `M${column * ZOOM},${row * ZOOM}h${BOX * ZOOM}v${BOX * ZOOM}h${-BOX * ZOOM}Z`;
    stroke(view.pen, path, [["#fff", 4]]);
    view.pen.setLineDash(dash);
    stroke(view.pen, path, [[colour, 2.2]]);
    view.pen.setLineDash([]);
  }
  function stars(slope) {   // a line along the edges of each direction, as long as there is much of it
    const sums = Array.from({ length: 9 }, (_, n) => histogram(
      slope, scene.row + CELL * Math.floor(n / 3), scene.column + CELL * (n % 3)
    ));
    const most = Math.max(1, ...sums.flatMap(h => [...h]));
    sums.forEach((h, n) => h.forEach((v, b) => {
      const angle = Math.PI * (b + 0.5) / BINS + Math.PI / 2, reach = VIEW / 6.6 * v / most;
      const dx = reach * Math.cos(angle), dy = reach * Math.sin(angle);
      if (v > 0.1 * most)
        stroke(
          part.pen,
          `M${VIEW * (n % 3 + 0.5) / 3 - dx},${VIEW * (Math.floor(n / 3) + 0.5) / 3 - dy}l${2 * dx},${2 * dy}`,
          [["#fff", 4.5], [orange, 2.5]]
        );
    }));
  }
  function paint() {
    frame = 0;
    const gray = grays[scene.photo], slope = slopes(gray), gaps = unlikeness(gray, scene);
    const best = gaps.indexOf(gaps.reduce((a, b) => Math.min(a, b)));
    const found = [Math.floor(best / PLACES), best % PLACES];
    const away = Math.hypot(found[0] - scene.row, found[1] - scene.column), roots = gaps.map(Math.sqrt);
    const inBox = Array.from({ length: BOX * BOX }, (_, i) =>
      gray[(scene.row + Math.floor(i / BOX)) * SIDE + scene.column + i % BOX]);
    show(photo, gray, SIDE, 0, 255);
    show(edges, slope.length, SIDE, 0, slope.length.reduce((a, b) => Math.max(a, b)));
    show(part, inBox, BOX, 0, 255);
    show(dim, dimmed(gray, scene.light), SIDE, 0, 255);
    show(
      alike, roots.map(v => -v), PLACES, -roots.reduce((a, b) => Math.max(a, b)), -roots[best], BOX / 2 * ZOOM,
      PLACES * ZOOM
    );
    for (const view of [photo, edges, dim]) box(view, scene.row, scene.column, blue);
    box(dim, ...found, orange, [6, 5]);
    stars(slope);
    stroke(alike.pen, outline(3, (found[1] + BOX / 2) * ZOOM, (found[0] + BOX / 2) * ZOOM, 6), [
      ["#fff", 5], [orange, 3]
    ]);
    const told = away < 1.5 ? "found at its place" : `lost, the most alike is ${away.toFixed(0)} pixels away`;
    status.textContent = `The part at row ${scene.row}, column ${scene.column}, looked for by its ${scene.by} `
      + `in ${Math.round(100 * scene.light)} % of the light: ${told}.`;
    Object.assign(root.dataset, { found: found.join(","), drawn: ++drawn });
    [[name, scene.photo], [by, scene.by]].forEach(([field, value]) => field.select(value));
    share.textContent = `${light.value = Math.round(100 * scene.light)} %`;
  }
  // another view moved something
  const adopt = () => { if (model.get("scene") !== sent) change(model.get("scene"), false); };

  photo.addEventListener("pointerdown", event => {
    photo.setPointerCapture(event.pointerId);
    dragging = true;
    moveTo(place(event), false);
  });
  photo.addEventListener("pointermove", event => { if (dragging) moveTo(place(event), false); });
  photo.addEventListener("lostpointercapture", () => { dragging = false; change({}); });
  photo.addEventListener("keydown", event => {
    const step = KEYS[event.key], far = event.shiftKey ? 8 : 1;
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    moveTo([scene.row + far * step[0], scene.column + far * step[1]]);
    event.preventDefault();
  });
  model.on("change:scene", adopt);
  el.append(root);
  paint();
  return () => { model.off("change:scene", adopt); cancelAnimationFrame(frame); };
}

export default { render };

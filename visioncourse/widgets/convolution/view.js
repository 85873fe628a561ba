// Convolution: hands move the place in the picture or in the output, and edit the kernel.
const VIEW = 320, TILES = 260, SMALL = 170;

function render({ model, el }) {
  const { pictures, kernels, limits, blue, orange } = model.get("start"), scene = structuredClone(model.get("scene"));
  let maps, frame = 0, drawn = 0;

  // ---- controls ----
  const canvas = (side, label, more) => sharpCanvas(side, side, { role: "img", "aria-label": label, ...more });
  const handle = label => canvas(VIEW, label, { role: "application", tabindex: 0, class: "vc-plane" });
  const input = handle("Picture with the window. Arrows move the window, space plays.");
  const output = handle("Output. Arrows choose a cell, space plays.");
  const tiles = canvas(TILES, "");
  const strip = element("div", {
    style: "display: flex; flex-wrap: wrap; gap: 10px; align-items: end; flex: 1 1 480px"
  });
  const image = choice("picture", Object.keys(pictures).map(name => [name, name]), name => change({ image: name }));
  const size = choice("kernel", Object.keys(kernels).map(K => [+K, `${K} × ${K}`]), K => change({
    kernel: structuredClone(kernels[K].edges)
  }));
  const named = buttons(
    "set the kernel to",
    ...Object.keys(kernels[3]).map(name => element("button", { type: "button", click: () => preset(name) }, name))
  );
  const table = element(
    "table", { class: "vc-table" }, element("caption", { style: "text-align: left" }, "kernel: edit any weight")
  );
  const sliders = Object.entries(limits).map(([name, [low, high]]) => [
    name, ranged(name, Array.from({ length: high - low + 1 }, (_, i) => low + i), v => change({ [name]: v }))
  ]);
  const step = (text, places) => element("button", { type: "button", click: () => { play.stop(); go(places); } }, text);
  const play = player("play", 260, () => go(1), () => go(1));
  const formula = element("p", { class: "vc-readout", style: "margin: 0" });
  const status = element("p", { class: "vc-status", role: "status", style: "flex-basis: 100%" });
  const captions = [input, tiles, output].map(() => element("figcaption", {}));
  const figures = [input, tiles, output].map((view, i) => element(
    "figure", { style: `margin: 0; flex: 1 1 ${i === 1 ? 200 : 240}px; max-width: ${view === tiles ? TILES : VIEW}px` },
    captions[i], view
  ));
  const root = widgetRoot(
    image,
    element(
      "div", { style: "display: flex; flex-wrap: wrap; gap: 10px 18px; align-items: center; flex-basis: 100%" },
      ...figures
    ),
    status, element("div", { style: "flex: 0 1 auto" }, table),
    element(
      "div", { class: "vc-right" }, size, named,
      buttons("place", step("start", -Infinity), step("back", -1), step("step", 1), play)
    ),
    element("div", { class: "vc-right", style: "flex-basis: 200px" }, ...sliders.map(([, slider]) => slider), formula),
    strip
  );
  root.style.maxWidth = "960px";

  // ---- what changes the scene ----
  const sync = shared(model, scene, () => redraw());
  function change(what) {
    Object.assign(scene, what);
    redraw();
    sync.changed();
  }
  function preset(name) {
    const K = scene.kernel.length;
    const tenth = () => Math.round(20 * (Math.random() + Math.random() - 1)) / 10;
    const random = () => scene.kernel.map(line => line.map(tenth));
    change({ kernel: name === "random" ? random() : structuredClone(kernels[K][name]) });
  }
  function go(places) {   // so many cells on; false at the end
    const { height, width } = maps.at(-1), last = height * width - 1;
    const next = Math.max(0, scene.at[0] * width + scene.at[1] + places);
    if (places > 0 && play.playing() && next > last) return false;
    change({ at: next > last ? [0, 0] : [Math.floor(next / width), next % width] });
  }
  function moveTo(row, column) {
    const inside = (v, most) => Math.max(0, Math.min(most - 1, Math.round(v)));
    change({ at: [inside(row, maps.at(-1).height), inside(column, maps.at(-1).width)] });
  }
  function edit(r, c, field) {
    if (field.value === "" || !Number.isFinite(+field.value)) return;
    scene.kernel[r][c] = +field.value;
    change({});
  }

  // ---- pictures and words ----
  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    const { kernel, layers, at, padding } = scene, K = kernel.length, picture = pictures[scene.image];
    const colors = [blue, orange];
    maps = stack(picture, kernel, scene, layers);
    const out = maps.at(-1), fits = out.values.length > 0;
    scene.at = at.map((place, i) => Math.max(0, Math.min(place, [out.height, out.width][i] - 1)));
    const [rows, columns] = scene.at.map(place => footprint(place, layers, K, scene));
    const here = { pen: input.pen, side: VIEW, map: picture, pad: padding };
    const there = { pen: output.pen, side: VIEW, map: out, pad: 0 };
    const [, restRows] = places(picture.height, K, scene), [, restColumns] = places(picture.width, K, scene);
    const H = picture.height + padding - 1, W = picture.width + padding - 1;
    paintMap(here, colors, picture.most);
    if (restRows) stripe(here, [H - restRows + 1, H], [-padding, W]);
    if (restColumns) stripe(here, [-padding, H], [W - restColumns + 1, W]);
    captions[0].textContent = `picture, ${picture.height} × ${picture.width}`
      + (padding ? `, and ${padding} of padding` : "");
    captions[2].textContent = `output${layers > 1 ? ` of layer ${layers}` : ""}, ${out.height} × ${out.width}`
      + (Math.min(0, ...out.values) < 0 ? " (blue < 0 < orange)" : "");
    tiles.pen.clearRect(0, 0, TILES, TILES);
    output.pen.clearRect(0, 0, VIEW, VIEW);
    if (fits) {
      const seen = windowAt(maps.at(-2), K, scene, scene.at);
      if (layers === 1 && scene.dilation > 1)
        for (const [r, c] of seen) frameOf(here, [r, r], [c, c], [["#fff", 3], [RED, 1.3]]);
      frameOf(here, rows[0], columns[0]);
      // While it plays, the output fills up.
      paintMap(there, colors, 0, play.playing() ? scene.at[0] * out.width + scene.at[1] : Infinity);
      frameOf(there, rows.at(-1), columns.at(-1));
      paintTiles(tiles.pen, TILES, seen, kernel, colors);
    }
    const sees = rows[0][1] - rows[0][0] + 1, cellName = `row ${scene.at[0]}, column ${scene.at[1]}`;
    captions[1].textContent = fits
      ? `${layers > 1 ? `layer ${layers - 1}` : "window"} × kernel, summed: ${brief(valueAt(out, ...scene.at))}`
      : "the kernel fits nowhere";
    status.setAttribute("aria-live", play.playing() ? "off" : "polite");   // nobody can listen as fast as it plays
    status.textContent = fits
      ? `The ${K * K} products at ${cellName} sum to ${brief(valueAt(out, ...scene.at))}. `
        + `The cell sees ${sees} × ${sees} of the picture`
        + `${layers > 1 ? ": each layer adds to its receptive field" : ""}.`
      : "The kernel is larger than the padded picture, so it fits nowhere: "
        + "take more padding, less dilation or fewer layers.";
    tiles.setAttribute("aria-label", captions[1].textContent);
    formula.replaceChildren(...formulas(K));
    paintStrip(rows, columns, colors);
    showKernel(K);
    image.select(scene.image);
    size.select(K);
    for (const [name, slider] of sliders) slider.sync(scene[name]);
    root.dataset.drawn = ++drawn;
  }
  // The picture and every layer, each with what the chosen cell is made of.
  function paintStrip(rows, columns, colors) {
    strip.hidden = scene.layers === 1 || !maps.at(-1).values.length;
    strip.replaceChildren(...(strip.hidden ? [] : maps.map((map, i) => {
      const small = canvas(SMALL, `Map ${i}`), reach = rows[i][1] - rows[i][0] + 1;
      const view = { pen: small.pen, side: SMALL, map, pad: i < scene.layers ? scene.padding : 0 };
      paintMap(view, colors, i ? 0 : map.most);
      frameOf(view, rows[i], columns[i]);
      return element(
        "figure", { style: `margin: 0; width: ${SMALL}px` },
        element(
          "figcaption", { style: "font-size: 12px" },
          `${i ? `layer ${i}` : "picture"}: ${map.height} × ${map.width}`
            + (reach > 1 ? `, sees ${reach} × ${reach}` : "")
        ),
        small
      );
    })));
  }
  function formulas(K) {
    return maps.slice(0, -1).flatMap((map, n) => {
      const square = map.width === map.height;
      return (square ? ["height"] : ["height", "width"]).map(side => {
        const [count, rest] = places(map[side], K, scene), { stride, padding, dilation } = scene;
        const name = `${scene.layers > 1 ? `layer ${n + 1}, ` : ""}${square ? "side" : side}: `;
        const padded = `${map[side]} + 2·${padding}`, reach = `${dilation}·(${K} − 1)`;
        const text = count
          ? `⌊(${padded} − ${reach} − 1) / ${stride}⌋ + 1 = ${count}`
          : `${padded} is less than ${reach} + 1: fits nowhere`;
        const short = rest
          ? `. The stride does not fit: ${rest} left over at the end, never looked at${n ? "" : " (striped)"}.`
          : "";
        return element("span", { style: "display: block" }, name, text, short);
      });
    });
  }
  function showKernel(K) {
    if (table.rows.length !== K)
      table.replaceChildren(
        table.caption,
        ...scene.kernel.map((line, r) => element(
          "tr", {},
          ...line.map((_, c) => element(
            "td", { style: "padding: 1px" },
            element("input", {
              type: "number", step: 0.5, "aria-label": `weight in row ${r}, column ${c}`,
              style: "width: 62px; font-weight: normal", input: event => edit(r, c, event.target)
            })
          ))
        ))
      );
    scene.kernel.forEach((line, r) => line.forEach((w, c) => {
      const field = table.rows[r].cells[c].firstChild;
      if (field !== document.activeElement || +field.value !== w && field.value !== "" && Number.isFinite(+field.value))
        field.value = +w.toFixed(3);
    }));
  }

  // ---- hands ----
  for (const view of [input, output]) {
    const look = event => {
      play.stop();
      const map = view === input ? maps[0] : maps.at(-1);
      const [cell, left, top] = layout({ side: VIEW, map, pad: view === input ? scene.padding : 0 });
      const [x, y] = pointed(view, event, [VIEW, VIEW]);
      const spot = [(y - top) / cell - 0.5, (x - left) / cell - 0.5];
      const [first, last] = footprint(0, scene.layers, scene.kernel.length, scene)[0];
      moveTo(...(view === input ? spot.map(v => (v - (first + last) / 2) / scene.stride ** scene.layers) : spot));
    };
    for (const type of ["pointerdown", "pointermove"]) view.addEventListener(type, look);
    const arrow = (down, right) => far => { play.stop(); moveTo(scene.at[0] + far * down, scene.at[1] + far * right); };
    keys(view, {
      ArrowUp: arrow(-1, 0), ArrowDown: arrow(1, 0), ArrowLeft: arrow(0, -1), ArrowRight: arrow(0, 1),
      " ": () => play.click()
    });
  }
  el.append(root);
  paint();
  return () => { sync.stop(); play.stop(); cancelAnimationFrame(frame); };
}

export default { render };

// Activation statistics: histograms of every layer, forward and
// backward, redrawn at every change of the initialisation.
const SIZE = [900, 296], CHARTS = [900, 220], HIGH = 92;
const sci = v => (v === 0 ? "0"
  : v >= 0.001 && v < 1000 ? `${+v.toPrecision(2)}`
  : v.toExponential(0).replace("-", "−").replace("+", ""));

function render({ model, el }) {
  const { names, inits, deepest, forward, backward } = model.get("start"), scene = structuredClone(model.get("scene"));
  const passes = deepNetwork();
  let frame = 0, drawn = 0, layers, known, ownScale = false;

  const sync = shared(model, scene, () => redraw());
  const change = what => { Object.assign(scene, what); redraw(); sync.changed(); };
  const bend = choice("nonlinearity", Object.entries(names), v => change({ nonlinearity: v }));
  const init = choice("weights", Object.entries(inits), v => change({ init: v }));
  const depth = ranged(
    "depth", Array.from({ length: deepest }, (_, i) => i + 1), v => change({ depth: v }),
    v => `${v} layer${v > 1 ? "s" : ""}`
  );
  const gain = ranged(
    "gain", Array.from({ length: 41 }, (_, i) => +(10 ** ((i - 20) / 20)).toPrecision(3)), v => change({ gain: v }),
    v => `× ${+v.toPrecision(3)}`
  );
  const tickBox = (text, act) => {
    const box = element("input", { type: "checkbox", change: () => act(box.checked) });
    return [box, element("label", { class: "vc-check" }, box, text)];
  };
  const [norm, normLabel] = tickBox("batch normalization", on => change({ norm: on }));
  const [, ownLabel] = tickBox("each histogram on its own scale", on => { ownScale = on; redraw(); });
  const again = element(
    "button", { type: "button", click: () => change({ seed: scene.seed + 1 }) }, "other random numbers"
  );
  const bars = sharpCanvas(...SIZE, { role: "img" }), charts = sharpCanvas(...CHARTS, { role: "img" });
  const status = element("p", { class: "vc-status", role: "status", style: "margin: 0; min-height: 1.4em" });
  const wide = element(
    "div",
    {
      style: "overflow-x: auto; display: grid; gap: 8px", tabindex: 0, role: "region",
      "aria-label": "histograms and curves"
    },
    bars, charts
  );
  for (const canvas of [bars, charts]) canvas.style.minWidth = "600px";
  const table = element("table", { class: "vc-table" });
  const numbers = element(
    "details", {}, element("summary", {}, "all numbers"),
    element(
      "div", { style: "overflow-x: auto", tabindex: 0, role: "region", "aria-label": "numbers of every layer" }, table
    )
  );
  for (const slider of [depth, gain]) slider.style.flex = "1 1 260px";
  const line = (...parts) => element(
    "div", { style: "display: flex; flex-wrap: wrap; gap: 8px 22px; align-items: end; flex-basis: 100%" }, ...parts
  );
  const root = widgetRoot(
    line(bend, init), line(depth, gain), line(normLabel, ownLabel, again),
    element("div", { style: "flex-basis: 100%; display: grid; gap: 8px; min-width: 0" }, status, wide, numbers)
  );
  root.style.maxWidth = "930px";

  function redraw() { frame ||= requestAnimationFrame(paint); }
  function paint() {
    frame = 0;
    layers = passes(scene);
    known = statistics(layers);
    const pen = bars.pen, wide = (SIZE[0] - 12) / scene.depth;
    pen.clearRect(0, 0, ...SIZE);
    const kinds = [["a", forward, 42, "activations"], ["da", backward, 182, "gradients that come back"]];
    kinds.forEach(([key, color, top, title]) => {
      const common = reach(layers.map(layer => layer[key]));
      Object.assign(pen, { font: "bold 12px sans-serif", textAlign: "left", fillStyle: color });
      const range = ownScale ? "on its own scale" : `from −${sci(common)} to ${sci(common)}`;
      pen.fillText(`${title}, each layer ${range}; heights are roots of counts`, 8, key === "a" ? 16 : top - 9);
      layers.forEach((layer, n) => {
        const left = 6 + n * wide, limit = ownScale ? reach([layer[key]]) : common, many = counts(layer[key], limit);
        const most = Math.sqrt(N * WIDTH), step = (wide - 8) / BINS, stats = known[n];
        pen.fillStyle = "#f1f4f9";
        pen.fillRect(left + 4, top, wide - 8, HIGH);
        pen.fillStyle = color;
        many.forEach((count, i) => {
          const high = Math.sqrt(count) / most * HIGH;
          pen.fillRect(left + 4 + i * step, top + HIGH - high, step + 0.3, high);
        });
        Object.assign(pen, { font: `${wide < 80 ? 10 : 11.5}px sans-serif`, textAlign: "center", fillStyle: "#333" });
        pen.fillText(key === "a" ? `${wide > 66 ? "layer " : ""}${n + 1}` : "", left + wide / 2, top - 8);
        pen.fillText(
          `${wide > 66 ? "std " : ""}${sci(key === "a" ? stats.std : stats.back)}`, left + wide / 2, top + HIGH + 14
        );
      });
    });
    paintCharts();
    show();
    root.dataset.drawn = ++drawn;
  }
  function paintCharts() {
    const pen = charts.pen, [width, height] = CHARTS;
    const seen = known.flatMap(s => [s.std, s.back]).filter(v => v > 1e-12 && Number.isFinite(v));
    const x = [0.5, scene.depth + 0.5];
    pen.clearRect(0, 0, width, height);
    const lines = [["std", forward, 0, []], ["back", backward, 3, [6, 4]]];
    const std = axes(pen, [52, 26, width / 2 - 14, height - 34], {
      x, y: [Math.min(0.1, ...seen.map(v => v / 2)), Math.max(10, ...seen.map(v => 2 * v))], log: true,
      title: "std: activations ●, gradients ◆", xlabel: "layer"
    });
    const shares = axes(pen, [width / 2 + 46, 26, width - 14, height - 34], {
      x, y: [0, 1], title: "share of units dead ■, of places flat ▲", xlabel: "layer"
    });
    const draw = (scaleOf, key, color, shape, dash) => {
      scaleOf(known.map((s, i) => [i + 1, s[key]]), color, 1.8, dash);
      pen.fillStyle = color;
      known.forEach((s, i) => {
        const y = scaleOf.Y(s[key]);
        if (y > 20 && y < height - 30) pen.fill(new Path2D(outline(shape, scaleOf.X(i + 1), y, 4)));
      });
    };
    for (const [key, color, shape, dash] of lines) draw(std, key, color, shape, dash);
    draw(shares, "flat", "#777777", 2, [3, 3]);
    draw(shares, "dead", "#222222", 1, []);
  }
  function fate(from, to) { return !to || to / from < 0.1 ? "vanish" : to / from > 10 ? "explode" : "keep their size"; }
  function show() {
    const [first, last] = [known[0], known.at(-1)];
    const share = key => `${Math.round(100 * known.reduce((sum, s) => sum + s[key], 0) / known.length)}\u00a0%`;
    status.textContent = `Activations ${fate(1, last.std)}: std 1 at the input, `
      + `${sci(last.std)} in layer ${scene.depth}. `
      + `Gradients ${fate(1, first.back)}: std 1 behind the last layer, ${sci(first.back)} in layer 1. `
      + `${share("dead")} of the units are dead and ${share("flat")} of the places flat.`;
    bars.setAttribute(
      "aria-label", `Histograms of activations and gradients in ${scene.depth} layers. ${status.textContent}`
    );
    charts.setAttribute(
      "aria-label", `Standard deviations and shares of dead units against the layer. ${status.textContent}`
    );
    const head = element(
      "tr", {},
      ...["layer", "mean", "std", "std of gradient", "flat", "dead"].map(text => element("th", { scope: "col" }, text))
    );
    table.replaceChildren(
      head,
      ...known.map((s, i) => row(
        `${i + 1}`, sci(Math.abs(s.mean)).replace(/^/, s.mean < 0 ? "−" : ""), sci(s.std), sci(s.back),
        `${Math.round(100 * s.flat)} %`, `${Math.round(100 * s.dead)} %`
      ))
    );
    bend.select(scene.nonlinearity);
    init.select(scene.init);
    depth.sync(scene.depth);
    gain.sync(scene.gain);
    norm.checked = scene.norm;
  }
  el.append(root);
  paint();
  return () => { sync.stop(); cancelAnimationFrame(frame); };
}

export default { render };

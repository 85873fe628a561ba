// A computational graph to step through: the controls and the picture.
const HINT = "Step: right arrow. Back: left arrow. Start: Home. End: End. Play: space. Press a card to go to its step.";

function render({ model, el }) {
  const { graphs, wide, card: [cardWide, cardHigh], colors: [blue, red, yellow] } = model.get("start");
  const scene = structuredClone(model.get("scene"));
  let steps, canvas, sent, timer = 0;
  const graph = () => graphs[scene.graph], now = () => steps[scene.step];

  // ---- controls ----
  const button = (text, title, click) => element("button", { type: "button", title, click }, text);
  const start = button("start", "Home", () => go(0)), back = button("back", "left arrow", () => go(scene.step - 1));
  const next = button("step", "right arrow", () => go(scene.step + 1)), end = button("end", "End", () => go(Infinity));
  const play = button("play", "space", toggle);
  const which = element("select", { "aria-label": "graph", change: () => load(which.value) });
  which.append(...Object.keys(graphs).map(name => element("option", { value: name }, name)));
  const count = element("output", {}), holder = element("div", {}), leaves = element("div", { class: "vc-buttons" });
  const status = element("p", { class: "vc-status", role: "status" }), yours = element("p", { class: "vc-yours" });
  const root = widgetRoot(
    element(
      "div", { style: "flex: 1 1 100%" },
      element(
        "div", { class: "vc-row", style: "flex-wrap: wrap; gap: 4px 18px; align-items: center; margin-bottom: 6px" },
        element("label", {}, "graph ", which), element("div", { class: "vc-buttons" }, start, back, next, end, play),
        count
      ),
      holder, status, yours, element("fieldset", {}, element("legend", {}, "edit the inputs"), leaves),
      element("p", {}, HINT)
    )
  );
  root.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey || ["INPUT", "SELECT"].includes(event.target.tagName)) return;
    const act = { ArrowRight: next, ArrowLeft: back, Home: start, End: end }[event.key]
      ?? (event.key === " " && event.target === canvas ? play : null);
    if (!act) return;
    event.preventDefault();
    act.click();
  });

  // ---- what changes the scene ----
  function go(step) {
    if (step !== scene.step + 1) stop();
    scene.step = Math.max(0, Math.min(steps.length - 1, step));
    changed();
  }
  function toggle() {
    if (timer) return stop();
    if (scene.step === steps.length - 1) go(0);
    if (CALM.matches) return go(scene.step + 1);
    timer = setInterval(() => { go(scene.step + 1); if (scene.step === steps.length - 1) stop(); }, 1100);
    play.textContent = "pause";
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "play";
  }
  function load(name) {
    stop();
    Object.assign(scene, { graph: name, leaves: [...graphs[name].leaves], step: 0 });
    build();
    changed();
  }
  function edit(i, input) {
    if (input.value === "" || !Number.isFinite(+input.value)) return;
    scene.leaves[i] = +input.value;
    changed();
  }
  function changed() {
    draw();
    model.set("scene", sent = structuredClone(scene));
    model.save_changes();
  }
  function adopt() {   // another view of the same widget moved on
    if (model.get("scene") === sent) return;
    Object.assign(scene, structuredClone(model.get("scene")));
    build();
    draw();
  }

  // ---- pictures and words ----
  function build() {   // what depends on the graph alone
    canvas = sharpCanvas(wide, graph().high, { tabindex: 0, role: "application" });
    canvas.addEventListener("pointerdown", event => {
      const box = canvas.getBoundingClientRect();
      const [x, y] = [event.clientX - box.left, event.clientY - box.top].map(v => v / box.width * wide);
      const holds = ([cx, cy]) => Math.abs(x - cx) < cardWide / 2 && Math.abs(y - cy) < cardHigh / 2;
      const card = graph().at.findIndex(holds);
      const stops = [...steps.keys()].filter(s => card >= 0 && steps[s].node === card);   // forward, then back
      if (stops.length) go(stops.find(s => s > scene.step) ?? stops[0]);
    });
    holder.replaceChildren(canvas);
    leaves.replaceChildren(
      ...graph().leaves.flatMap((value, i) => {
        if (value === null) return [];
        const field = element("input", {
          type: "number", step: "any", value: scene.leaves[i], style: "width: 5em",
          input: event => edit(i, event.target)
        });
        return [element("label", {}, graph().names[i] + " ", field)];
      })
    );
    which.value = scene.graph;
  }
  function draw() {
    steps = trace(graph(), scene.leaves);
    const pen = canvas.pen, { node, back: backward, data, grads, flows } = now();
    const { names, ops, inputs, at, high } = graph();
    pen.clearRect(0, 0, wide, high);
    inputs.forEach((sources, i) => sources.forEach(j => {
      const busy = i === node && (!backward || flows.length), [x0, y0] = at[j], [x1, y1] = at[i];
      const color = busy ? backward ? red : blue : "#999";
      const ends = [[x0 + cardWide / 2, y0], [x1 - cardWide / 2, y1]];
      const [a, b] = busy && backward ? ends.reverse() : ends, angle = Math.atan2(b[1] - a[1], b[0] - a[0]);
      const wing = turn => `M${b}l${-8 * Math.cos(angle + turn)},${-8 * Math.sin(angle + turn)}`;
      stroke(pen, `M${a}L${b}${wing(0.5)}${wing(-0.5)}`, [[color, busy ? 2.2 : 1]]);
    }));
    at.forEach(([x, y], i) => {
      pen.beginPath();
      pen.roundRect(x - cardWide / 2, y - cardHigh / 2, cardWide, cardHigh, 7);
      Object.assign(pen, {
        fillStyle: i === node ? yellow : "#fff", strokeStyle: "#444", lineWidth: i === node ? 2 : 1, textAlign: "center"
      });
      pen.fill();
      pen.stroke();
      const lines = [
        [`${names[i]}  ${ops[i]}`.trim().replace("*", "×").replace("sigmoid", "σ"), "#000", "bold "],
        [short(data[i]), blue, ""], [short(grads[i]), red, ""]
      ];
      lines.forEach(([text, color, bold], k) => {
        pen.fillStyle = color;
        pen.font = bold + "12px sans-serif";
        pen.fillText(text, x, y + 17 * (k - 1) + 4);
      });
    });
    pen.fillStyle = red;
    for (const j of new Set(flows.map(flow => flow[0]))) {
      const mine = flows.filter(flow => flow[0] === j);
      const products = mine.map(([, slope, upstream]) => `${short(slope)} × ${short(upstream)}`);
      pen.fillText(products.join(" + "), at[j][0], at[j][1] + cardHigh / 2 + 13);
    }
    start.disabled = back.disabled = scene.step === 0;
    end.disabled = next.disabled = scene.step === steps.length - 1;
    count.textContent = `step ${scene.step} of ${steps.length - 1} · blue: value, red: gradient of ${names.at(-1)}`;
    status.textContent = words(graph(), now());
    canvas.setAttribute(
      "aria-label", `Computational graph ${scene.graph}, step ${scene.step} of ${steps.length - 1}. ${HINT}`
    );
    compare();
  }
  function compare() {   // the learner's gradients, as long as the inputs are those they were computed for
    const mine = graph().yours, right = steps.at(-1).grads;
    const same = mine && scene.leaves.every((x, i) => x === graph().leaves[i]);
    const off = same
      ? graph().names.filter((_, i) => Math.abs(mine[i] - right[i]) > 1e-6 * (1 + Math.abs(right[i])))
      : [];
    const told = off.map(name => {
      const i = graph().names.indexOf(name);
      return `${name} (yours ${short(mine[i])}, right ${short(right[i])})`;
    });
    yours.textContent = !same ? ""
      : off.length ? `Your gradients differ at ${told.join(", ")}.`
      : "Your gradients agree with these.";
  }

  model.on("change:scene", adopt);
  el.append(root);
  build();
  draw();
  return () => { model.off("change:scene", adopt); stop(); };
}

export default { render };

// Frames: stored pictures under sliders, keys and the pointer.
function render({ model, el }) {
  const { name, axes, shape: [H, W], scale, pictures } = model.get("start");
  const scene = structuredClone(model.get("scene")), { at } = scene;
  const [wide, high] = [W * scale, H * scale], grid = axes.length > 1;
  const most = axes.map(([, values]) => values.length - 1);
  const images = pictures.map(png => Object.assign(new Image(), { src: "data:image/png;base64," + png }));
  let drawn = 0, before = null;

  const line = shared(model, scene, () => { at.splice(0, 2, ...scene.at); scene.at = at; show(); });
  const sliders = axes.map(([axis, values], n) => ranged(
    axis, values.map((_, i) => i), i => go(n, i), i => `${i + 1} of ${values.length}`
  ));
  const play = player(
    "play", 250, () => { go(0, at[0] + 1, true); return at[0] < most[0]; },
    () => go(0, at[0] === most[0] ? 0 : at[0] + 1)
  );
  play.addEventListener("click", () => { if (play.playing() && at[0] === most[0]) go(0, 0, true); });
  const back = element("button", { type: "button", click: () => go(0, at[0] - 1) }, "back");
  const next = element("button", { type: "button", click: () => go(0, at[0] + 1) }, "step");
  const canvas = sharpCanvas(wide, high, {
    class: "vc-plane", tabindex: 0, role: "application", style: "image-rendering: pixelated"
  });
  const status = element("p", { class: "vc-status", role: "status" });
  const hint = `Move over the picture to scrub${grid ? `: across for ${axes[1][0]}, down for ${axes[0][0]}` : ""}. `
    + `Keys on it: ${grid ? "up and down" : "left and right"}, Home, End, space.`;
  const root = widgetRoot(
    element(
      "div", { class: "vc-left", style: `flex-basis: ${Math.min(wide, 520)}px; max-width: 520px` }, canvas, status
    ),
    element(
      "div", { class: "vc-right" }, element("b", {}, name), ...sliders,
      buttons(`along ${axes[0][0]}`, back, next, play), element("p", {}, hint)
    )
  );

  function go(axis, to, playing = false) {
    if (!playing) play.stop();
    at[axis] = Math.max(0, Math.min(most[axis], to));
    line.changed();
    show();
  }
  function show() {
    const shown = images[grid ? at[0] * (most[1] + 1) + at[1] : at[0]];
    sliders.forEach((slider, n) => slider.sync(at[n]));
    back.disabled = at[0] === 0;
    next.disabled = at[0] === most[0];
    status.textContent = axes.map(([axis, values], n) => (grid ? `${axis} ` : "") + values[at[n]]).join(", ");
    canvas.setAttribute("aria-label", `${name}: ${status.textContent}. ${hint}`);
    shown.decode().then(() => {
      if (shown !== images[grid ? at[0] * (most[1] + 1) + at[1] : at[0]]) return;      // hands have moved on
      canvas.pen.imageSmoothingEnabled = false;
      canvas.pen.drawImage(shown, 0, 0, wide, high);
      root.dataset.drawn = ++drawn;
    });
  }
  function scrub(event) {
    const [x, y] = pointed(canvas, event, [wide, high]), place = (share, n) => Math.floor(share * (most[n] + 1));
    const to = grid ? [place(y / high, 0), place(x / wide, 1)] : [place(x / wide, 0)];
    if (`${to}` === before) return;
    before = `${to}`;
    to.forEach((i, n) => go(n, i));
  }
  canvas.addEventListener("pointermove", scrub);
  canvas.addEventListener("pointerdown", event => { before = null; scrub(event); });
  const by = (axis, d) => times => go(axis, at[axis] + d * times);
  keys(canvas, {
    ...(grid
      ? { ArrowUp: by(0, -1), ArrowDown: by(0, 1), ArrowLeft: by(1, -1), ArrowRight: by(1, 1) }
      : { ArrowLeft: by(0, -1), ArrowDown: by(0, -1), ArrowRight: by(0, 1), ArrowUp: by(0, 1) }),
    Home: () => go(0, 0), End: () => go(0, most[0]), " ": () => play.click()
  });
  el.append(root);
  show();
  return () => { line.stop(); play.stop(); };
}

export default { render };

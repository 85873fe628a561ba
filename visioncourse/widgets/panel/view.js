// Panel: controls with names, and the picture that Python draws for what they are set to.
function render({ model, el }) {
  const { controls } = model.get("start"), scene = { ...model.get("scene") };
  let drawn = 0;
  const image = element("img", { style: "max-width: 100%; border-radius: 6px; background: #fff" });
  const failed = element("p", { class: "vc-readout", role: "alert", style: "margin: 0" });
  const made = controls.map(([name, kind, labels]) => {
    const set = i => { scene[name] = i; show(); model.set("scene", { ...scene }); model.save_changes(); };
    if (kind === "slider") return ranged(name, labels.map((_, i) => i), set, i => labels[i]);
    if (kind === "list") {
      const field = choice(name, labels.map((text, i) => [i, text]), set);
      field.sync = field.select;
      return field;
    }
    const box = element("input", { type: "checkbox", change: () => set(+box.checked) });
    const label = element("label", { class: "vc-check" }, box, name);
    label.sync = i => { box.checked = i === 1; };
    return label;
  });
  function show() { controls.forEach(([name], i) => made[i].sync(scene[name])); }
  function hear() {
    const { png, alt, failed: told } = model.get("answer");
    failed.textContent = told ?? "";
    image.hidden = !!told;
    if (!told) Object.assign(image, { src: "data:image/png;base64," + png, alt });
    root.dataset.drawn = ++drawn;
  }
  function adopt() { Object.assign(scene, model.get("scene")); show(); }
  const places = made.map(control => element("div", { style: "flex: 0 1 300px; min-width: 0" }, control));
  const root = widgetRoot(
    element(
      "div", { style: "display: flex; flex-wrap: wrap; gap: 10px 24px; flex-basis: 100%; align-items: end" }, ...places
    ),
    element("div", { style: "flex: 0 1 640px; min-width: 0" }, image, failed)
  );
  model.on("change:answer", hear);
  model.on("change:scene", adopt);
  el.append(root);
  show();
  hear();
  return () => { model.off("change:answer", hear); model.off("change:scene", adopt); };
}

export default { render };

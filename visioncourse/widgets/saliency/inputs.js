// Ways to choose among many, and to give a file of one's own.

// A drop-down list of [[value, text], ...]; set(value) hears of a choice, and sync(value) shows one.
function dropdown(name, options, set) {
  const input = element(
    "select", { change: () => set(input.value) }, ...options.map(([value, text]) => element("option", { value }, text))
  );
  const made = element("label", {}, name, " ", input);
  made.sync = value => { input.value = value; };
  return made;
}

// Radio buttons whose options change: show(options, value) makes them anew
// only where they differ, so that the focus stays.
function changingChoice(legend, set) {
  const here = element("div");
  let shown = "", field;
  here.show = (options, value) => {
    const now = JSON.stringify(options), focused = here.contains(document.activeElement);
    if (now !== shown) field = choice(legend, options, set);
    field.select(value);
    if (now === shown) return;
    shown = now;
    here.replaceChildren(field);
    if (focused) field.querySelector("input:checked")?.focus();
  };
  return here;
}

// A search field that completes names: [field, list], both to be shown. found(i)
// hears which name it is, missed(text) of a text that is none.
function nameSearch(placeholder, label, names, found, missed) {
  const list = element(
    "datalist", { id: "vc" + Math.random().toString(36).slice(2) },
    ...names.map(name => element("option", { value: name }))
  );
  const look = () => {
    const text = field.value.trim(), i = names.findIndex(name => name.toLowerCase() === text.toLowerCase());
    if (i >= 0) {
      field.value = "";
      found(i);
    } else if (text) missed(text);
  };
  const field = element("input", {
    type: "search", placeholder, "aria-label": label, list: list.id,
    style: "width: 190px; min-height: 28px; font: inherit", change: look
  });
  return [field, list];
}

// A button that opens a picture file: [button, input], both to be shown; take(file) hears of it.
function pictureButton(text, take) {
  const input = element("input", { type: "file", accept: "image/*", hidden: "", change: async () => {
    if (input.files[0]) await take(input.files[0]);
    input.value = "";
  } });
  return [element("button", { type: "button", click: () => input.click() }, text), input];
}

// The picture in a file as a JPEG in base64, scaled to at most `most` pixels along a
// side, what is transparent white; an Error says why it is none.
async function smallJpeg(file, most, heaviest) {
  if (file.size > heaviest)
    throw new Error(`it has ${Math.round(file.size / 1e6)} MB, and ${heaviest / 1e6} are allowed`);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("its bytes are no picture that this browser can open");
  });
  const scale = Math.min(1, most / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map(side => Math.max(1, Math.round(side * scale)));
  const small = element("canvas", { width, height }), pen = small.getContext("2d");
  Object.assign(pen, { fillStyle: "#fff", imageSmoothingQuality: "high" }).fillRect(0, 0, width, height);
  pen.drawImage(bitmap, 0, 0, width, height);
  return small.toDataURL("image/jpeg", 0.92).split(",")[1];
}

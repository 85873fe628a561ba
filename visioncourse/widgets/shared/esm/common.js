// Helpers of all canvas widgets. Python puts this text in front of each
// widget's module, which therefore imports nothing.

// A DOM element; attributes whose value is a function become listeners.
function element(tag, attributes = {}, ...children) {
  const made = tag === "svg" || tag === "path"
    ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// Whether less motion is asked for.
const CALM = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)") ?? { matches: false };

// The root of a widget. Keys typed in it stay in it: in a notebook, "dd" would delete the
// cell. Jupyter looks for the attribute from the focused element upwards, and ends where a
// shortcut fits: so what has the focus must carry it as well.
function widgetRoot(...children) {
  const own = "data-lm-suppress-shortcuts", root = element("div", { class: "vc", [own]: "true" }, ...children);
  root.addEventListener("focusin", event => event.target.setAttribute(own, "true"));
  for (const type of ["keydown", "keyup", "keypress"]) root.addEventListener(type, event => event.stopPropagation());
  return root;
}

// Radio buttons that look like one row of buttons; select(value) marks one.
function choice(legend, options, onchange) {
  const name = "vc" + Math.random().toString(36).slice(2);
  const inputs = options.map(([value]) => element("input", {
    type: "radio", name, value, change: () => onchange(value)
  }));
  const labels = options.map(([, text], i) => element("label", {}, inputs[i], element("span", {}, text)));
  const field = element(
    "fieldset", {}, element("legend", {}, legend), element("div", { class: "vc-choice" }, ...labels)
  );
  field.select = value => inputs.forEach((input, i) => { input.checked = options[i][0] === value; });
  return field;
}

// A named row of buttons.
function buttons(legend, ...children) {
  return element("fieldset", {}, element("legend", {}, legend), element("div", { class: "vc-buttons" }, ...children));
}

// A canvas of width x height CSS pixels, sharp on dense screens; canvas.pen draws in CSS pixels.
function sharpCanvas(width, height, attributes) {
  const canvas = element("canvas", attributes), dense = Math.max(1, window.devicePixelRatio || 1);
  canvas.width = width * dense;
  canvas.height = height * dense;
  canvas.style.aspectRatio = `${width} / ${height}`;
  canvas.pen = canvas.getContext("2d");
  canvas.pen.scale(dense, dense);
  return canvas;
}

// The outline of class 0 circle, 1 square, 2 triangle, 3 diamond: as an SVG path, which a canvas can draw as well.
function outline(label, x, y, r) {
  const corners = [
    null,
    [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
    [[0, -1.2], [1.15, 0.85], [-1.15, 0.85]],
    [[0, -1.25], [1.25, 0], [0, 1.25], [-1.25, 0]],
  ][label];
  if (!corners) return `M${x - r},${y}a${r},${r} 0 1 0 ${2 * r},0a${r},${r} 0 1 0 ${-2 * r},0Z`;
  return "M" + corners.map(([dx, dy]) => `${x + r * dx},${y + r * dy}`).join("L") + "Z";
}

// Lines along an SVG path, one over the other: [[color, width], ...].
function stroke(pen, path, lines) {
  for (const [color, width] of lines) {
    pen.strokeStyle = color;
    pen.lineWidth = width;
    pen.stroke(new Path2D(path));
  }
}

function icon(label, color) {
  const path = element("path", { d: outline(label, 9, 9, 6), fill: color, stroke: "#fff", "stroke-width": 1.5 });
  return element("svg", { viewBox: "0 0 18 18", width: 18, height: 18, "aria-hidden": "true" }, path);
}

// Share `white` of white in "#rrggbb", as [r, g, b].
function tint(color, white) {
  return [1, 3, 5].map(i => Math.round(parseInt(color.slice(i, i + 2), 16) * (1 - white) + 255 * white));
}

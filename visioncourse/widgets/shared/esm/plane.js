// A square of the plane: coloured regions, and points [x, y, label] that hands and keys move, add, delete and re-class.
const SIDE = 440;   // CSS pixels

// scene {points, classes} is changed in place; view() is [left, bottom, side] in data coordinates.
// changed(final) hears of every change and redraw() asks for a picture; look(at) puts into words what is at [x, y],
// say(text) speaks and hint is what it falls back to; under(pen, cursor) draws what lies below the points.
function pointPlane({ scene, view, names, colors, mostPoints, changed, redraw, look, say, hint, under }) {
  let chosen = -1, brush = 0, press = null, hovering = false;
  const canvas = sharpCanvas(SIDE, SIDE, {
    class: "vc-plane", tabindex: 0, role: "application",
    "aria-label": "Plane with points. N and P choose a point, arrows move it or the crosshair, "
      + "1 to 4 set the class, A adds a point, Delete removes it, Escape lets go."
  });
  const brushes = names.map((name, c) =>
    element("button", { type: "button", click: () => recolour(c) }, icon(c, colors[c]), name, element("small")));
  const bin = element("button", { type: "button", click: remove }, "delete");
  const palette = buttons("class of the next point, or of the chosen one", ...brushes, bin);
  const plane = { canvas, palette, keys: help(), cursor: null, forget, draw, pixel };

  function pixel([x, y]) {
    const [left, bottom, side] = view();
    return [(x - left) / side * SIDE, SIDE - (y - bottom) / side * SIDE];
  }
  function place(event) {
    const box = canvas.getBoundingClientRect(), [left, bottom, side] = view();
    return [
      left + (event.clientX - box.left) / box.width * side, bottom + (1 - (event.clientY - box.top) / box.height) * side
    ];
  }
  const middle = () => [0, 1].map(i => view()[i] + view()[2] / 2);
  const within = at => at.map((v, i) => Math.min(
    view()[i] + 0.99 * view()[2], Math.max(view()[i] + 0.01 * view()[2], v)
  ));
  function grabbed(event) {   // the point within reach of the pointer, or -1
    const reach = (event.pointerType === "touch" ? 22 : 11) / canvas.clientWidth * view()[2], [x, y] = place(event);
    const far = scene.points.map(p => Math.hypot(p[0] - x, p[1] - y)), nearest = far.indexOf(Math.min(...far));
    return far[nearest] < reach ? nearest : -1;
  }

  // What can be done with points; each says what it did.
  function add(at, keep) {
    if (scene.points.length === mostPoints) return say(`There are ${mostPoints} points; delete one first.`);
    scene.points.push([...within(at), brush]);
    chosen = keep ? scene.points.length - 1 : -1;
    changed();
    say(`Added a ${names[brush]}: ${scene.points.length} points now.`);
    return true;
  }
  function remove() {
    if (chosen < 0) return say("Choose a point first.");
    if (scene.points.length === 1) return say("The last point stays.");
    const [[, , label]] = scene.points.splice(chosen, 1);
    chosen = -1;
    changed();
    say(`Deleted a ${names[label]}: ${scene.points.length} points left.`);
    canvas.focus();
  }
  function recolour(label) {
    if (label >= scene.classes) return;
    brush = label;
    if (chosen >= 0) scene.points[chosen][2] = label;
    if (chosen >= 0) changed(); else sync();
    say(chosen < 0 ? `The next point is a ${names[label]}.` : `Point ${chosen + 1} is a ${names[label]} now.`);
  }
  function choose(i) {
    chosen = i;
    hovering = false;
    plane.cursor = i < 0 ? null : scene.points[i].slice(0, 2);
    sync();
    redraw();
    say(
      i < 0 ? hint : `Point ${i + 1} of ${scene.points.length}, a ${names[scene.points[i][2]]}. ${look(plane.cursor)}`
    );
  }
  function move(dx, dy) {
    const step = view()[2] / 100, [x, y] = scene.points[chosen] ?? plane.cursor ?? middle();
    hovering = false;
    plane.cursor = within([x + dx * step, y + dy * step]);
    scene.points[chosen]?.splice(0, 2, ...plane.cursor);
    if (chosen < 0) redraw(); else changed();
    say(look(plane.cursor));
  }
  function forget() {   // the points are others now
    chosen = -1;
    brush = Math.min(brush, scene.classes - 1);
    plane.cursor = null;
    sync();
  }
  function sync() {
    brushes.forEach((button, c) => {
      const count = scene.points.filter(p => p[2] === c).length;
      button.hidden = c >= scene.classes;
      button.setAttribute("aria-pressed", c === (chosen < 0 ? brush : scene.points[chosen][2]));
      button.setAttribute("aria-label", `${names[c]}, class ${c}, ${count} points`);
      button.lastChild.textContent = count;
    });
    bin.disabled = chosen < 0;
  }

  function draw() {
    const pen = canvas.pen;
    under(pen, plane.cursor);
    scene.points.forEach((p, i) => {
      const [x, y] = pixel(p);
      stroke(pen, outline(p[2], x, y, 6.5), [["#fff", 3]]);
      pen.fillStyle = colors[p[2]];
      pen.fill(new Path2D(outline(p[2], x, y, 6)));
      if (i === chosen) stroke(pen, outline(0, x, y, 12), [["#fff", 5], ["#111", 2.5]]);
    });
    sync();
  }

  // A press on a point takes it along; a press elsewhere adds a point, which the hand can take along at once.
  canvas.addEventListener("pointerdown", event => {
    if (event.button || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    press = { point: grabbed(event), x: event.clientX, y: event.clientY, moved: false };
    if (press.point >= 0) choose(press.point);
    else if (add(place(event), false)) press.point = scene.points.length - 1;
  });
  canvas.addEventListener("pointermove", event => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > 4) press.moved = true;
    if (press?.moved && press.point >= 0) {
      scene.points[press.point].splice(0, 2, ...within(place(event)));
      plane.cursor = null;
      return changed();
    }
    canvas.style.cursor = grabbed(event) < 0 ? "crosshair" : "grab";
    hovering = true;
    plane.cursor = within(place(event));
    say(look(plane.cursor));
    redraw();
  });
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => {
    if (press?.moved && press.point >= 0) changed(true);
    press = null;
  });
  canvas.addEventListener("pointerleave", () => {
    if (!hovering) return;   // the crosshair of the keys stays
    hovering = false;
    plane.cursor = null;
    say(hint);
    redraw();
  });

  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  canvas.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key, n = scene.points.length;
    const far = event.shiftKey ? 5 : 1;
    if (key === "n") choose((chosen + 1) % n);
    else if (key === "p") choose((Math.max(chosen, 0) + n - 1) % n);
    else if (arrows[key]) move(...arrows[key].map(step => step * far));
    else if (key === "a") add(plane.cursor ?? scene.points[chosen] ?? middle(), true);
    else if ("1234".includes(key)) recolour(+key - 1);
    else if (key === "Delete" || key === "Backspace") remove();
    else if (key === "Escape") choose(-1);
    else return;
    event.preventDefault();
  });
  sync();
  return plane;
}

function help() {
  const keys = [
    ["N, P", "next, previous point"], ["arrows", "move the point, or the crosshair (with Shift five times as far)"],
    ["1 to 4", "class"], ["A", "add a point at the crosshair"], ["Delete", "delete the point"],
    ["Escape", "let go of the point"]
  ];
  const rows = keys.flatMap(([key, what]) => [element("dt", {}, key), element("dd", {}, what)]);
  return element("details", {}, element("summary", {}, "Keys on the plane"), element("dl", {}, ...rows));
}

// Regions {masks, size} as a small canvas to be enlarged; bit c of a mask stands
// for class c. The tint of the winner, or stripes of a tie.
function paintRegions({ masks, size }, colors, white, stripes) {
  const canvas = element("canvas", { width: size, height: size }), pen = canvas.getContext("2d");
  const image = pen.createImageData(size, size), pixels = new Uint32Array(image.data.buffer);
  const words = colors.map(color => tint(color, white).reduce((word, byte, i) => word | byte << 8 * i, 255 << 24));
  const tied = Array.from({ length: 1 << colors.length }, (_, mask) => words.filter((_, c) => mask >> c & 1));
  tied[0] = [0xffeeeeee];
  for (let row = 0, i = 0; row < size; row++) for (let column = 0; column < size; column++, i++) {
    const those = tied[masks[i]];
    pixels[i] = those[Math.floor((row + column) * stripes / size) % those.length];
  }
  pen.putImageData(image, 0, 0);
  return canvas;
}

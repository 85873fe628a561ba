// Maps over a photograph, pixel by pixel as picture.py computes them.
const SIDE = 224;

// The shades {side, values: base64 of int8} of a map on the photograph's pixels,
// -1 to 1 or NaN; box as in enlarge of picture.py.
export function enlarged({ side, values }, box) {
  const shades = Int8Array.from(atob(values), c => c.charCodeAt(0)), out = new Float64Array(SIDE * SIDE);
  const value = (r, c) => { const v = shades[r * side + c]; return v === -128 ? NaN : v / 127; };
  const places = Array.from({ length: SIDE }, (_, i) => {
    if (box) { const n = Math.floor((i - box[0]) / box[1]); return n < 0 || n >= side ? null : [n, n, 0]; }
    const at = Math.max(0, Math.min(side - 1, (i + 0.5) * side / SIDE - 0.5)), low = Math.floor(at);
    return [low, Math.min(low + 1, side - 1), at - low];
  });
  places.forEach((row, y) => places.forEach((column, x) => {
    if (!row || !column) { out[y * SIDE + x] = NaN; return; }
    const [r, below, down] = row, [c, after, right] = column;
    const along = k => value(r, k) * (1 - down) + value(below, k) * down;
    out[y * SIDE + x] = along(c) * (1 - right) + along(after) * right;
  }));
  return out;
}

// Red, green, blue, alpha of each value: what is not known is transparent.
export function coloured(values, palette) {
  const stops = palette.map(colour => [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16)));
  const out = new Uint8ClampedArray(4 * values.length);
  values.forEach((v, i) => {
    if (Number.isNaN(v)) return;
    const place = (v + 1) / 2 * (stops.length - 1), low = Math.min(Math.floor(place), stops.length - 2);
    const part = place - low;
    for (let k = 0; k < 3; k++) out[4 * i + k] = stops[low][k] * (1 - part) + stops[low + 1][k] * part;
    out[4 * i + 3] = 255;
  });
  return out;
}

// Draws maps in a palette over photographs, size x size pixels. box as above;
// opacity is that of the map, which alone keeps its colour.
function mapPainter(size, palette) {
  const canvases = new WeakMap();   // map -> its canvas
  function canvasOf(map, box) {
    if (!canvases.has(map)) {
      const made = element("canvas", { width: SIDE, height: SIDE });
      made.getContext("2d").putImageData(new ImageData(coloured(enlarged(map, box), palette), SIDE), 0, 0);
      canvases.set(map, made);
    }
    return canvases.get(map);
  }
  return (pen, photo, map, box, opacity) => {
    pen.clearRect(0, 0, size, size);
    pen.imageSmoothingQuality = "high";
    if (photo?.complete) pen.drawImage(photo, 0, 0, size, size);
    const gray = { globalAlpha: Math.min(1, 2 * opacity), globalCompositeOperation: "saturation", fillStyle: "#888" };
    Object.assign(pen, gray).fillRect(0, 0, size, size);
    Object.assign(pen, { globalAlpha: opacity, globalCompositeOperation: "source-over", imageSmoothingEnabled: !box });
    if (map) pen.drawImage(canvasOf(map, box), 0, 0, size, size);
    Object.assign(pen, { globalAlpha: 1, imageSmoothingEnabled: true });
  };
}

const percent = share => (share < 0.0995 ? `${(100 * share).toFixed(1)} %` : `${Math.round(100 * share)} %`);

// What an answer of Python knows of hiding the patch at [row, column], in
// words; nothing where occlusion has not been asked for.
function hidingTold({ patches, top, label }, [row, column]) {
  if (!patches) return "";
  const n = row * patches.side + column, [, name, share] = top.find(([other]) => other === label);
  const fall = patches.falls[n];
  return `With this patch hidden the score of ${name} ${fall < 0 ? "grows" : "falls"} by ${Math.abs(fall).toFixed(2)}, `
    + `and its probability goes from ${percent(share)} to ${percent(patches.shares[n])}; `
    + `the likeliest class is then ${patches.tops[n]}.`;
}

// Update rules on surfaces over the plane: the same arithmetic as picture.py.
const HEIGHTS = {
  bowl: (x, y) => (x * x + y * y) / 2, ravine: (x, y) => (x * x + 100 * y * y) / 2,
  saddle: (x, y) => (x * x - y * y) / 2 + y ** 4 / 4, Rosenbrock: (x, y) => (1 - x) ** 2 + 100 * (y - x * x) ** 2
};
const SLOPES = {
  bowl: (x, y) => [x, y], ravine: (x, y) => [x, 100 * y], saddle: (x, y) => [x, y ** 3 - y],
  Rosenbrock: (x, y) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
};

// What a rule knows before each of `steps` steps and after the last: [{ p, g,
// m, v, loss }, ...]; it ends early where p runs away.
export function race(surface, rule, start, rate, { momentum, beta2, alpha, decay }, steps) {
  const path = [], both = make => [0, 1].map(make);
  let p = start, m = [0, 0], v = [0, 0];
  for (let t = 1; ; t++) {
    const g = SLOPES[surface](...p);
    path.push({ p, g, m, v, loss: HEIGHTS[surface](...p) });
    if (t > steps || !p.every(x => Math.abs(x) < 5e5)) return path;
    const [m0, v0, p0] = [m, v, p];
    if (rule === "momentum" || rule === "nesterov") m = both(i => momentum * m0[i] + g[i]);
    if (rule === "adam" || rule === "adamw") {
      m = both(i => momentum * m0[i] + (1 - momentum) * g[i]);
      v = both(i => beta2 * v0[i] + (1 - beta2) * g[i] * g[i]);
    }
    if (rule === "adagrad") v = both(i => v0[i] + g[i] * g[i]);
    if (rule === "rmsprop") v = both(i => alpha * v0[i] + (1 - alpha) * g[i] * g[i]);
    const move = {
      sgd: i => g[i], momentum: i => m[i], nesterov: i => g[i] + momentum * m[i],
      adagrad: i => g[i] / (Math.sqrt(v[i]) + 1e-10), rmsprop: i => g[i] / (Math.sqrt(v[i]) + 1e-8)
    }[rule] ?? (i => m[i] / (1 - momentum ** t) / (Math.sqrt(v[i]) / Math.sqrt(1 - beta2 ** t) + 1e-8));
    p = both(i => p0[i] * (rule === "adamw" ? 1 - rate * decay : 1) - rate * move(i));
  }
}

// The surface as a small canvas to be enlarged: twelve bands of gray, equal steps of the root of the height.
function paintSurface(surface, [left, bottom, side], low, size) {
  const canvas = element("canvas", { width: size, height: size }), pen = canvas.getContext("2d");
  const image = pen.createImageData(size, size);
  const heights = Float64Array.from({ length: size * size }, (_, i) => Math.sqrt(
    HEIGHTS[surface](left + (i % size + 0.5) / size * side, bottom + side - (Math.floor(i / size) + 0.5) / size * side)
      - low
  ));
  const most = heights.reduce((a, b) => Math.max(a, b));
  heights.forEach((h, i) => image.data.set(
    [...Array(3).fill(255 - 8 * Math.min(11, Math.floor(12 * h / most))), 255], 4 * i
  ));
  pen.putImageData(image, 0, 0);
  return canvas;
}

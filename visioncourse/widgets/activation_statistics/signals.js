// Signals through a deep network before any training: the same arithmetic as picture.py.
const N = 128, WIDTH = 64, BINS = 31;

// Standard normal numbers: mulberry32 (Tommy Ettinger) and Box-Muller.
export function normals(seed, count) {
  const u = new Float64Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    u[i] = ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - u[i])), angle = 2 * Math.PI * u[i + 1];
    u[i] = radius * Math.cos(angle);
    u[i + 1] = radius * Math.sin(angle);
  }
  return u;
}

function scale(init, fanIn, fanOut) {
  return { zero: 0, small: 0.01, large: 1, xavier: Math.sqrt(2 / (fanIn + fanOut)), he: Math.sqrt(2 / fanIn) }[init];
}

// [value at z, slope at z where the value is a] of each nonlinearity.
const ROOT = Math.sqrt(2 / Math.PI), wave = z => Math.tanh(ROOT * (z + 0.044715 * z * z * z));
const BENDS = {
  linear: [z => z, () => 1], relu: [z => (z > 0 ? z : 0), z => (z > 0 ? 1 : 0)],
  leaky: [z => (z > 0 ? z : 0.01 * z), z => (z > 0 ? 1 : 0.01)],
  sigmoid: [z => 1 / (1 + Math.exp(-Math.max(-700, Math.min(700, z)))), (z, a) => a * (1 - a)],
  tanh: [Math.tanh, (z, a) => 1 - a * a], elu: [z => (z > 0 ? z : Math.exp(z) - 1), (z, a) => (z > 0 ? 1 : a + 1)],
  gelu: [
    z => z * (1 + wave(z)) / 2,
    z => { const t = wave(z); return (1 + t) / 2 + z * (1 - t * t) * ROOT * (1 + 0.134145 * z * z) / 2; }
  ]
};

// out = size * A (N x WIDTH) times B turned over (WIDTH x WIDTH); two rows by
// two at a time, so that each number read is used twice.
function times(A, B, size, out) {
  for (let n = 0; n < N * WIDTH; n += 2 * WIDTH) for (let i = 0; i < WIDTH; i += 2) {
    const m = n + WIDTH, p = i * WIDTH, q = p + WIDTH;
    let np = 0, nq = 0, mp = 0, mq = 0;
    for (let j = 0; j < WIDTH; j++) {
      const an = A[n + j], am = A[m + j], bp = B[p + j], bq = B[q + j];
      np += an * bp;
      nq += an * bq;
      mp += am * bp;
      mq += am * bq;
    }
    out[n + i] = size * np;
    out[n + i + 1] = size * nq;
    out[m + i] = size * mp;
    out[m + i + 1] = size * mq;
  }
}

function overExamples(x, y) {   // the mean of x, or of x times y, for each unit
  const sums = new Float64Array(WIDTH);
  for (let i = 0; i < x.length; i++) sums[i % WIDTH] += y ? x[i] * y[i] : x[i];
  return sums.map(sum => sum / N);
}

const room = () => new Float64Array(N * WIDTH);

function freshLayer(seed) {   // weights before they are scaled, the same turned over, and room for the signals
  const W = normals(seed, WIDTH * WIDTH), turned = W.map((_, i) => W[i % WIDTH * WIDTH + Math.floor(i / WIDTH)]);
  return { W, turned, z: room(), spread: null, slope: room(), a: room(), da: room(), flat: new Uint8Array(N * WIDTH) };
}

function propagate(layer, h, size, nonlinearity, norm) {
  const { z, slope, a, flat } = layer, [bend, slopeAt] = BENDS[nonlinearity];
  const flatBelow = nonlinearity === "sigmoid" ? 0.0025 : 0.01;
  times(h, layer.turned, size, z);
  if (norm) {
    const middle = overExamples(z);
    for (let i = 0; i < z.length; i++) z[i] -= middle[i % WIDTH];
    layer.spread = overExamples(z, z).map(v => Math.sqrt(v + 1e-5));
    for (let i = 0; i < z.length; i++) z[i] /= layer.spread[i % WIDTH];
  }
  for (let i = 0; i < z.length; i++) {
    a[i] = bend(z[i]);
    slope[i] = slopeAt(z[i], a[i]);
    flat[i] = Math.abs(slope[i]) < flatBelow;
  }
}

function backpropagate({ W, z, spread, slope, da }, size, norm, dz, out) {
  for (let i = 0; i < dz.length; i++) dz[i] = da[i] * slope[i];
  if (norm) {
    const middle = overExamples(dz), along = overExamples(dz, z);
    for (let i = 0; i < dz.length; i++)
      dz[i] = (dz[i] - middle[i % WIDTH] - z[i] * along[i % WIDTH]) / spread[i % WIDTH];
  }
  times(dz, W, size, out);
}

// A function of the scene that gives for each layer activations a, gradients da by them
// and where the slope is flat, each N x WIDTH. The next call writes into the same arrays;
// where only the depth is another, what has gone forward stays.
export function deepNetwork() {
  const dz = room();
  let layers = [], ready = 0, seen = {}, inputs, last;
  return scene => {
    const { nonlinearity, init, gain, depth, norm, seed } = scene, size = gain * scale(init, WIDTH, WIDTH);
    if (seed !== seen.seed) {
      inputs = normals(1000 * seed, N * WIDTH);
      last = normals(1000 * seed + 1, N * WIDTH);
      layers = [];
    }
    if (["nonlinearity", "init", "gain", "norm", "seed"].some(key => scene[key] !== seen[key])) ready = 0;
    seen = { ...scene };
    while (layers.length < depth) layers.push(freshLayer(1000 * seed + 100 + layers.length));
    for (; ready < depth; ready++)
      propagate(layers[ready], ready ? layers[ready - 1].a : inputs, size, nonlinearity, norm);
    layers[depth - 1].da.set(last);
    for (let n = depth - 1; n > 0; n--) backpropagate(layers[n], size, norm, dz, layers[n - 1].da);
    return layers.slice(0, depth);
  };
}

function mean(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function meanSquare(values, from = 0) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - from) ** 2;
  return sum / values.length;
}

export function statistics(layers) {
  const std = values => Math.sqrt(meanSquare(values, mean(values)));
  return layers.map(({ a, da, flat }) => ({
    mean: mean(a), std: std(a), back: std(da), flat: mean(flat),
    dead: mean(overExamples(flat).map(share => +(share === 1)))
  }));
}

const reach = values => Math.max(1e-30, ...values.map(v => 3 * Math.sqrt(meanSquare(v))));

export function counts(values, limit) {
  const bars = new Array(BINS).fill(0);
  for (let i = 0; i < values.length; i++)
    bars[Math.max(0, Math.min(BINS - 1, Math.floor((values[i] / limit + 1) / 2 * BINS)))]++;
  return bars;
}

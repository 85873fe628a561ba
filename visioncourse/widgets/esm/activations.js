// Signals through a deep network before any training: the same arithmetic as render/activations.py.
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
const ROOT = Math.sqrt(2 / Math.PI), wave = z => Math.tanh(ROOT * (z + 0.044715 * z * z * z)), BENDS = {
  linear: [z => z, () => 1], relu: [z => (z > 0 ? z : 0), z => (z > 0 ? 1 : 0)], leaky: [z => (z > 0 ? z : 0.01 * z), z => (z > 0 ? 1 : 0.01)],
  sigmoid: [z => 1 / (1 + Math.exp(-Math.max(-700, Math.min(700, z)))), (z, a) => a * (1 - a)], tanh: [Math.tanh, (z, a) => 1 - a * a],
  elu: [z => (z > 0 ? z : Math.exp(z) - 1), (z, a) => (z > 0 ? 1 : a + 1)],
  gelu: [z => z * (1 + wave(z)) / 2, z => { const t = wave(z); return (1 + t) / 2 + z * (1 - t * t) * ROOT * (1 + 0.134145 * z * z) / 2; }],
};

// A (N x WIDTH) times B (WIDTH x WIDTH), or times B turned over.
function times(A, B, turned) {
  const out = new Float64Array(N * WIDTH);
  for (let n = 0; n < N; n++) for (let i = 0; i < WIDTH; i++) {
    if (turned) {
      let sum = 0;
      for (let j = 0; j < WIDTH; j++) sum += A[n * WIDTH + j] * B[i * WIDTH + j];
      out[n * WIDTH + i] = sum;
    } else {
      const a = A[n * WIDTH + i];
      for (let j = 0; j < WIDTH; j++) out[n * WIDTH + j] += a * B[i * WIDTH + j];
    }
  }
  return out;
}

function overExamples(values) {   // the mean of values(n, unit) for each unit
  return Float64Array.from({ length: WIDTH }, (_, unit) => { let sum = 0; for (let n = 0; n < N; n++) sum += values(n * WIDTH + unit, unit); return sum / N; });
}

// For each layer: activations a, gradients da by them and where the slope is flat, each N x WIDTH.
export function passes({ nonlinearity, init, gain, depth, norm, seed }) {
  const layers = [], [bend, slopeAt] = BENDS[nonlinearity], flatBelow = nonlinearity === "sigmoid" ? 0.0025 : 0.01;
  let h = normals(1000 * seed, N * WIDTH);
  for (let n = 0; n < depth; n++) {
    const size = gain * scale(init, WIDTH, WIDTH), W = normals(1000 * seed + 100 + n, WIDTH * WIDTH).map(w => w * size), z = times(h, W), a = z.slice(), slope = z.slice();
    const mean = norm && overExamples(i => z[i]), spread = norm && overExamples((i, unit) => (z[i] - mean[unit]) ** 2).map(v => Math.sqrt(v + 1e-5));
    if (norm) z.forEach((v, i) => { z[i] = (v - mean[i % WIDTH]) / spread[i % WIDTH]; });
    for (let i = 0; i < z.length; i++) { a[i] = bend(z[i]); slope[i] = slopeAt(z[i], a[i]); }
    layers.push({ W, z, spread, slope, a, flat: Uint8Array.from(slope, s => Math.abs(s) < flatBelow) });
    h = a;
  }
  let d = normals(1000 * seed + 1, N * WIDTH);
  for (const layer of layers.slice().reverse()) {
    layer.da = d;
    const dz = d.map((v, i) => v * layer.slope[i]);
    const mean = norm && overExamples(i => dz[i]), along = norm && overExamples(i => dz[i] * layer.z[i]);
    if (norm) dz.forEach((v, i) => { dz[i] = (v - mean[i % WIDTH] - layer.z[i] * along[i % WIDTH]) / layer.spread[i % WIDTH]; });
    d = times(dz, layer.W, true);
  }
  return layers;
}

export function statistics(layers) {
  const meanOf = values => values.reduce((a, b) => a + b, 0) / values.length, stdOf = values => { const m = meanOf(values); return Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / values.length); };
  return layers.map(({ a, da, flat }) => ({ mean: meanOf(a), std: stdOf(a), back: stdOf(da), flat: meanOf(flat), dead: meanOf(overExamples(i => flat[i]).map(share => (share === 1 ? 1 : 0))) }));
}

const reach = values => Math.max(1e-30, ...values.map(v => 3 * Math.sqrt(v.reduce((sum, x) => sum + x * x, 0) / v.length)));

export function counts(values, limit) {
  const bars = new Array(BINS).fill(0);
  for (const v of values) bars[Math.max(0, Math.min(BINS - 1, Math.floor((v / limit + 1) / 2 * BINS)))]++;
  return bars;
}

// A small network in the plane and its training by SGD: the same arithmetic as picture.py.

function normalWeights(seed, count, size) {   // Box and Muller (1958)
  const next = generator(seed), out = new Float64Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - next())), angle = 2 * Math.PI * next();
    out[i] = size * radius * Math.cos(angle);
    out[i + 1] = size * radius * Math.sin(angle);
  }
  return out;
}

// Layers { W (fanIn x fanOut, flat), b, fanIn, fanOut }.
function fresh(seed, hidden, classes) {
  return [[2, hidden], [hidden, hidden], [hidden, classes]].map(([fanIn, fanOut], n) => ({
    W: normalWeights(1000 * seed + n, fanIn * fanOut, Math.sqrt(2 / fanIn) * (n === 2 ? 0.1 : 1)),
    b: new Float64Array(fanOut), fanIn, fanOut
  }));
}

// Inputs of every layer at [x, y], and the scores.
function forward(net, [x, y]) {
  const values = [Float64Array.of(x, y)];
  net.forEach(({ W, b, fanIn, fanOut }, n) => {
    const out = b.slice(), input = values[n];
    for (let i = 0; i < fanIn; i++)
      if (input[i] !== 0) for (let j = 0, at = i * fanOut; j < fanOut; j++) out[j] += input[i] * W[at + j];
    if (n < net.length - 1) for (let j = 0; j < fanOut; j++) if (out[j] <= 0) out[j] = 0;
    values.push(out);
  });
  return values;
}

function crossEntropy(scores, label, gradient) {   // with gradient, that by the scores is written into it
  let top = -Infinity, total = 0, best = 0;
  scores.forEach((s, c) => { if (s > top) { top = s; best = c; } });
  for (const s of scores) total += Math.exp(s - top);
  if (gradient) scores.forEach((s, c) => { gradient[c] = Math.exp(s - top) / total - (c === label); });
  return [Math.log(total) + top - scores[label], best === label];
}

function judge(net, points) {   // mean loss, and share right
  let loss = 0, right = 0;
  for (const point of points) {
    const [l, r] = crossEntropy(forward(net, point).at(-1), point[2]);
    loss += l;
    right += r;
  }
  return [loss / points.length, right / points.length];
}

// One step of SGD in place; length of the update over length of the weights.
function descend(net, points, rate, l2) {
  const grads = net.map(({ W, fanOut }) => [W.map(w => 2 * l2 * w), new Float64Array(fanOut)]);
  for (const point of points) {
    const values = forward(net, point);
    let d = new Float64Array(values.at(-1).length);
    crossEntropy(values.at(-1), point[2], d);
    for (let n = net.length - 1; n >= 0; n--) {
      const { W, fanIn, fanOut } = net[n], input = values[n], back = new Float64Array(fanIn), [dW, db] = grads[n];
      for (let j = 0; j < fanOut; j++) db[j] += d[j] / points.length;
      for (let i = 0; i < fanIn; i++) {
        for (let j = 0, at = i * fanOut; j < fanOut; j++) {
          dW[at + j] += input[i] * d[j] / points.length;
          back[i] += d[j] * W[at + j];
        }
        if (!(input[i] > 0)) back[i] = 0;
      }
      d = back;
    }
  }
  let moved = 0, size = 0;
  net.forEach(({ W, b }, n) => {
    const [dW, db] = grads[n];
    for (let i = 0; i < W.length; i++) { size += W[i] * W[i]; moved += (rate * dW[i]) ** 2; W[i] -= rate * dW[i]; }
    for (let j = 0; j < b.length; j++) b[j] -= rate * db[j];
  });
  return Math.sqrt(moved / size);
}

// A training that advances: log holds what was known before each step and after
// the last; advance(rate) is false when the loss is no number.
export function training({ train, held_out, classes }, hidden, { batch, l2, seed }) {
  const net = fresh(seed, hidden, classes), next = generator(1000 * seed + 9), log = [];
  const note = ratio => {
    const [loss, accuracy] = judge(net, train), [heldLoss, heldAccuracy] = judge(net, held_out);
    log.push({ loss, accuracy, heldLoss, heldAccuracy, ratio, rate: null });
  };
  note(null);
  return { net, log, advance(rate) {
    if (!Number.isFinite(log.at(-1).loss)) return false;
    log.at(-1).rate = rate;
    note(descend(net, Array.from({ length: batch }, () => train[Math.floor(next() * train.length)]), rate, l2));
    return Number.isFinite(log.at(-1).loss);
  } };
}

// Scores, losses and gradients of a linear classifier in the plane: the same arithmetic as picture.py.

const scoresAt = (W, x, y) => W[0].map((w, c) => w * x + W[1][c] * y + W[2][c]);

// [loss of one example, its gradient by the scores], for the margin 1.
export function lossOf(scores, label, loss) {
  if (loss === "softmax") {
    const top = Math.max(...scores), e = scores.map(s => Math.exp(s - top)), total = e.reduce((a, b) => a + b);
    return [Math.log(total) - (scores[label] - top), e.map((v, c) => v / total - (c === label))];
  }
  if (loss === "one-vs-all") {
    const sign = scores.map((_, c) => (c === label ? 1 : -1));
    const short = scores.map((s, c) => Math.max(0, 1 - sign[c] * s));
    return [short.reduce((a, b) => a + b), short.map((v, c) => (v > 0 ? -sign[c] : 0))];
  }
  let short = scores.map((s, c) => (c === label ? 0 : Math.max(0, s - scores[label] + 1)));
  if (loss === "structured") {
    const worst = short.indexOf(Math.max(...short));
    short = short.map((v, c) => (c === worst ? v : 0));
  }
  const pushed = short.map(v => +(v > 0)), count = pushed.reduce((a, b) => a + b);
  return [short.reduce((a, b) => a + b), pushed.map((v, c) => (c === label ? -count : v))];
}

// Everything at W (3 rows w1, w2, b): scores and loss of each point, mean
// loss, penalty l2 * (weights without biases)^2, gradient.
export function evaluate({ points, W, loss, l2 }) {
  const gradient = W.map((row, d) => row.map(w => (d < 2 ? 2 * l2 * w : 0))), scores = [], each = [];
  for (const [x, y, label] of points) {
    const s = scoresAt(W, x, y), [value, force] = lossOf(s, label, loss);
    scores.push(s);
    each.push(value);
    [x, y, 1].forEach((feature, d) => force.forEach((f, c) => { gradient[d][c] += feature * f / points.length; }));
  }
  const data = each.reduce((a, b) => a + b) / points.length;
  return { scores, each, data, penalty: l2 * W.slice(0, 2).flat().reduce((a, w) => a + w * w, 0), gradient };
}

// Masks of the winners on size x size cells of the view, top row first,
// and where the winner leads by less than the margin 1.
export function territory(W, [left, bottom, side], size) {
  const masks = new Uint8Array(size * size), pale = new Uint8Array(size * size);
  for (let i = 0; i < size * size; i++) {
    const s = scoresAt(
      W, left + (i % size + 0.5) / size * side, bottom + (1 - (Math.floor(i / size) + 0.5) / size) * side
    );
    const best = s.indexOf(Math.max(...s));
    masks[i] = 1 << best;
    pale[i] = s.some((v, c) => c !== best && s[best] - v < 1);
  }
  return { masks, pale, size };
}

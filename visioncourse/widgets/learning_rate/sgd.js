// Minibatch SGD of a softmax classifier on a fixed set of examples: the same arithmetic as picture.py.

// Mean cross-entropy of W (D x C, flat) on the rows of set {X, y, D, C};
// with gradient (D x C, flat), that is added to it.
export function meanLoss({ X, y, D, C }, W, rows, gradient) {
  const s = new Float64Array(C);
  let loss = 0;
  for (const n of rows) {
    s.fill(0);
    for (let d = 0; d < D; d++) for (let c = 0; c < C; c++) s[c] += X[n][d] * W[d * C + c];
    let top = -Infinity, total = 0;
    for (const v of s) top = Math.max(top, v);
    for (let c = 0; c < C; c++) total += Math.exp(s[c] - top);
    loss += Math.log(total) + top - s[y[n]];
    if (gradient) for (let c = 0; c < C; c++) {
      const force = (Math.exp(s[c] - top) / total - (c === y[n])) / rows.length;
      for (let d = 0; d < D; d++) gradient[d * C + c] += force * X[n][d];
    }
  }
  return loss / rows.length;
}

// Losses of the whole set before each of `steps` steps and after the last: steps + 1 numbers.
// A batch of N is the whole set. every: look at the loss only before every so many steps (and after the last).
export function train(set, rate, batch, steps, seed, every = 1) {
  const next = generator(seed), N = set.X.length, all = set.X.map((_, n) => n), W = new Float64Array(set.D * set.C);
  const losses = [];
  for (let step = 0; step < steps; step++) {
    if (step % every === 0) losses.push(meanLoss(set, W, all));
    const rows = batch >= N ? all : Array.from({ length: batch }, () => Math.floor(next() * N));
    const gradient = new Float64Array(W.length);
    meanLoss(set, W, rows, gradient);
    for (let i = 0; i < W.length; i++) W[i] -= rate * gradient[i];
  }
  losses.push(meanLoss(set, W, all));
  return losses;
}

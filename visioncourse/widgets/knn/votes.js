// Votes, decision regions and accuracies of k nearest neighbours: the same
// arithmetic as picture.py, and the vote in words and lines.

// find(x, y, k) gives the indices of the k nearest points, nearest first; of equally near points the earlier.
function finder(points, metric) {
  const px = Float64Array.from(points, p => p[0]), py = Float64Array.from(points, p => p[1]), n = points.length;
  const near = new Int32Array(n), far = new Float64Array(n), l1 = metric === "l1";
  return (x, y, k) => {
    let found = 0;
    for (let i = 0; i < n; i++) {
      const dx = x - px[i], dy = y - py[i], distance = l1 ? Math.abs(dx) + Math.abs(dy) : dx * dx + dy * dy;
      if (found === k && distance >= far[k - 1]) continue;
      let j = found < k ? found++ : k - 1;
      for (; j > 0 && far[j - 1] > distance; j--) { far[j] = far[j - 1]; near[j] = near[j - 1]; }
      far[j] = distance;
      near[j] = i;
    }
    return near;
  };
}

// Bit c is set for each class c that shares the most votes.
function winners(votes) {
  let most = 0, mask = 0;
  for (let c = 0; c < votes.length; c++) {
    if (votes[c] > most) { most = votes[c]; mask = 0; }
    if (votes[c] === most) mask |= 1 << c;
  }
  return mask;
}

const smallest = mask => 31 - Math.clz32(mask & -mask);

// Masks of the winners on size x size cells of the view [left, bottom, side], top row first.
export function regions({ points, k, metric, classes }, [left, bottom, side], size) {
  const find = finder(points, metric), labels = Uint8Array.from(points, p => p[2]);
  const masks = new Uint8Array(size * size), votes = new Uint16Array(classes);
  for (let row = 0; row < size; row++) {
    const y = bottom + (1 - (row + 0.5) / size) * side;
    for (let column = 0; column < size; column++) {
      const near = find(left + (column + 0.5) / size * side, y, k);
      votes.fill(0);
      for (let i = 0; i < k; i++) votes[labels[near[i]]]++;
      masks[row * size + column] = winners(votes);
    }
  }
  return masks;
}

// [[k, share of the queries [x, y, label] that win their vote], ...] for
// k = 1 to most; a tie goes to the smaller label.
export function accuracies({ points, metric, classes }, queries, most) {
  const find = finder(points, metric), right = new Array(most).fill(0);
  for (const [x, y, label] of queries) {
    const near = find(x, y, most), votes = new Uint16Array(classes);
    for (let k = 0; k < most; k++) {
      votes[points[near[k]][2]]++;
      right[k] += smallest(winners(votes)) === label;
    }
  }
  return right.map((count, i) => [i + 1, count / queries.length]);
}

// The points [x, y, label] that vote at [x, y], nearest first.
function nearest({ points, k, metric }, at) {
  return Array.from(finder(points, metric)(...at, k).subarray(0, k), i => points[i]);
}

// The vote at [x, y] in words.
function verdict(scene, at, names) {
  const votes = new Array(scene.classes).fill(0);
  for (const [, , label] of nearest(scene, at)) votes[label]++;
  const mask = winners(votes), name = names[smallest(mask)];
  if (scene.k === 1) return `The nearest is a ${name}.`;
  const told = votes.map((n, c) => n && `${n} ${names[c]}${n > 1 ? "s" : ""}`).filter(Boolean).join(", ");
  const tie = mask & mask - 1;   // more than one bit
  return `The ${scene.k} nearest: ${told}; `
    + `${tie ? `a tie, which goes to the smaller label, ${name}` : `${name} wins`}.`;
}

// Lines from [x, y] to those that vote there, nearest first, and the ball
// of the metric that just holds them; all in pixels.
function drawVote(pen, [x, y], voters, metric) {
  const dark = [["#fff", 3.5], ["#111", 1.3]], [dx, dy] = voters.at(-1).map((v, i) => Math.abs(v - [x, y][i]));
  for (const voter of voters) stroke(pen, `M${x},${y}L${voter}`, dark);
  stroke(pen, metric === "l1" ? outline(3, x, y, (dx + dy) / 1.25) : outline(0, x, y, Math.hypot(dx, dy)), dark);
}

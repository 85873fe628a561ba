// Convolution as networks do it (the kernel is not turned round): the same arithmetic as picture.py.

// On how many places along a side of H the kernel fits, and how many rows
// or columns after the last place it never looks at.
export function places(H, K, { stride, padding, dilation }) {
  const room = H + 2 * padding - dilation * (K - 1) - 1;
  return room < 0 ? [0, 0] : [Math.floor(room / stride) + 1, room % stride];
}

// The value of a map {height, width, values}, 0 outside.
function valueAt({ height, width, values }, row, column) {
  return row < 0 || column < 0 || row >= height || column >= width ? 0 : values[row * width + column];
}

// What the kernel sees at (row, column) of its output: K x K of [row, column, value].
function windowAt(map, K, { stride, padding, dilation }, [row, column]) {
  return Array.from({ length: K * K }, (_, i) => {
    const r = row * stride - padding + Math.floor(i / K) * dilation, c = column * stride - padding + i % K * dilation;
    return [r, c, valueAt(map, r, c)];
  });
}

export function convolve(map, kernel, how) {
  const K = kernel.length, [height, width] = [map.height, map.width].map(side => places(side, K, how)[0]);
  const { stride, padding, dilation } = how;
  if (!height || !width) return { height: 0, width: 0, values: [] };
  const values = new Array(height * width).fill(0);
  for (let i = 0; i < values.length; i++) {
    const top = Math.floor(i / width) * stride - padding, left = i % width * stride - padding;
    for (let r = 0; r < K; r++)
      for (let c = 0; c < K; c++) values[i] += kernel[r][c] * valueAt(map, top + r * dilation, left + c * dilation);
  }
  return { height, width, values };
}

// The map and what each of `layers` layers makes of the one before.
export function stack(map, kernel, how, layers) {
  const maps = [map];
  for (let i = 0; i < layers; i++) maps.push(convolve(maps.at(-1), kernel, how));
  return maps;
}

// From which first to which last row of each map, the picture first, one row of the last map is made.
export function footprint(row, layers, K, { stride, padding, dilation }) {
  const spans = [[row, row]];
  for (let i = 0; i < layers; i++)
    spans.unshift([spans[0][0] * stride - padding, spans[0][1] * stride - padding + dilation * (K - 1)]);
  return spans;
}

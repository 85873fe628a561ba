// Maps of numbers on a canvas, cell by cell. A view { pen, side, map, pad } says where a map and its padding lie.
const RED = "#c8102e", PAD = "#e8edf5";
const brief = v =>
  (Number.isInteger(v) || Math.abs(v) >= 1000 ? v.toFixed(0) : `${+v.toPrecision(3)}`).replace("-", "−");
const dark = shade => shade[0] + shade[1] + shade[2] < 380;

// Length of a cell, and where the map's upper left corner is.
function layout({ side, map, pad }) {
  const cell = side / (Math.max(map.height, map.width) + 2 * pad);
  return [cell, (side - cell * map.width) / 2, (side - cell * map.height) / 2];
}

// In gray from 0 to `most` (or the largest value); in blue below 0 and orange above
// where there is a value below. Cells after the `last` stay blank.
function paintMap(view, [blue, orange], most, last = Infinity) {
  const { pen, side, map, pad } = view, [cell, left, top] = layout(view), high = Math.max(...map.values);
  const low = Math.min(...map.values), reach = Math.max(high, -low) || 1;
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, side, side);
  for (let r = -pad; r < map.height + pad; r++) for (let c = -pad; c < map.width + pad; c++) {
    const outside = r < 0 || c < 0 || r >= map.height || c >= map.width, v = valueAt(map, r, c);
    if (r * map.width + c > last) continue;
    const shade = low < 0
      ? tint(v < 0 ? blue : orange, 1 - Math.abs(v) / reach)
      : Array(3).fill(255 * Math.min(1, v / (most || high || 1)));
    pen.fillStyle = outside ? PAD : `rgb(${shade})`;
    pen.fillRect(left + c * cell, top + r * cell, cell + 0.3, cell + 0.3);
    if (cell < 22) continue;
    Object.assign(pen, {
      fillStyle: !outside && dark(shade) ? "#fff" : "#111", font: `${cell < 30 ? 9 : 11}px sans-serif`,
      textAlign: "center"
    });
    pen.fillText(brief(v), left + (c + 0.5) * cell, top + (r + 0.5) * cell + 4);
  }
}

// A frame round the cells from the first to the last row and column.
function frameOf(view, [top, bottom], [left, right], lines = [["#fff", 4.5], [RED, 2.2]]) {
  const [cell, x, y] = layout(view);
  stroke(
    view.pen,
    `M${x + left * cell},${y + top * cell}H${x + (right + 1) * cell}V${y + (bottom + 1) * cell}H${x + left * cell}Z`,
    lines
  );
}

// Stripes over what a stride that does not fit never looks at.
function stripe(view, [top, bottom], [left, right]) {
  const { pen } = view, [cell, x, y] = layout(view), reach = (bottom - top + right - left + 2) * cell;
  pen.save();
  pen.beginPath();
  pen.rect(x + left * cell, y + top * cell, (right - left + 1) * cell, (bottom - top + 1) * cell);
  pen.clip();
  for (let d = 0; d < reach; d += 6)
    stroke(pen, `M${x + left * cell + d},${y + top * cell}l${-reach},${reach}`, [["#fff", 2.5], [RED, 1]]);
  pen.restore();
  frameOf(view, [top, bottom], [left, right], [["#222", 1]]);
}

// Each value of a window times its weight, in blue where the product is below 0 and orange where it is above.
function paintTiles(pen, size, seen, kernel, [blue, orange]) {
  const K = kernel.length, side = size / K, gap = K === 3 ? 20 : 14, weights = kernel.flat();
  const products = seen.map(([, , v], i) => v * weights[i]), reach = Math.max(...products.map(Math.abs)) || 1;
  products.forEach((product, i) => {
    const x = i % K * side, y = Math.floor(i / K) * side;
    const shade = tint(product < 0 ? blue : orange, 1 - 0.8 * Math.abs(product) / reach);
    Object.assign(pen, { fillStyle: `rgb(${shade})`, textAlign: "center" });
    pen.fillRect(x + 1, y + 1, side - 2, side - 2);
    pen.fillStyle = dark(shade) ? "#fff" : "#111";
    [brief(seen[i][2]), `× ${brief(weights[i])}`, `= ${brief(product)}`].forEach((text, n) => {
      pen.font = `${n === 2 ? "bold " : ""}${K === 3 ? 15 : 10.5}px sans-serif`;
      pen.fillText(text, x + side / 2, y + side / 2 + 5 + gap * (n - 1));
    });
  });
}

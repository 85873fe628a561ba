// Accuracies against k, as lines and in words.

// The chart with its readout; pick(k) hears of presses on it, and show({name: [[k, share], ...]}, k) draws the lines.
function accuracyChart(mostK, pick) {
  const width = 380, height = 180, ks = Array.from({ length: mostK }, (_, i) => i + 1);
  const looks = { training: ["#222222", []], "held out": ["#8A3B8F", [5, 3]] };
  const canvas = sharpCanvas(width, height, { class: "vc-chart", role: "img" });
  const readout = element("p", { class: "vc-readout" });
  function show(curves, k) {
    const lines = Object.entries(curves).map(([name, values]) => ({
      name, values, color: looks[name][0], dash: looks[name][1]
    }));
    lineChart(canvas, width, height, ks, k, lines);
    const now = lines.map(({ name, values }) => [name, values.find(([at]) => at === k)]).filter(([, value]) => value);
    const told = now.map(([name, [, share]]) => `${Math.round(100 * share)} % ${name}`).join(", ");
    readout.textContent = told && `right at k = ${k}: ${told}`;
    canvas.setAttribute("aria-label", `Accuracy against k. ${readout.textContent}`);
  }
  canvas.addEventListener("pointerdown", event => pick(canvas.valueAt(event)));
  return { canvas, readout, show };
}

// Lines {name, color, dash, values: [[x, y], ...]} with y from 0 to 1, drawn as percentages against whole x.
function lineChart(canvas, width, height, xs, at, lines) {
  const pen = canvas.pen, left = 38, right = 12, top = 10, bottom = 34;
  const lowest = Math.min(0.5, ...lines.flatMap(line => line.values.map(v => Math.floor(v[1] * 10) / 10)));
  const X = x => left + (x - xs[0] + 0.5) / xs.length * (width - left - right);
  const Y = y => top + (1 - y) / (1 - lowest) * (height - top - bottom);
  canvas.valueAt = event => {   // the x under the pointer
    const box = canvas.getBoundingClientRect();
    const share = ((event.clientX - box.left) / box.width * width - left) / (width - left - right);
    return xs[Math.max(0, Math.min(xs.length - 1, Math.floor(share * xs.length)))];
  };
  pen.clearRect(0, 0, width, height);
  pen.font = "11px sans-serif";
  pen.fillStyle = "#e3e8f0";
  pen.fillRect(X(at) - 6, top - 4, 12, height - top - bottom + 8);
  pen.textAlign = "right";
  for (let y = 1; y > lowest - 1e-9; y -= lowest < 0.5 ? 0.2 : 0.1) {
    pen.fillStyle = "#ccc";
    pen.fillRect(left, Y(y), width - left - right, 0.5);
    pen.fillStyle = "#444";
    pen.fillText(Math.round(100 * y) + " %", left - 5, Y(y) + 4);
  }
  pen.textAlign = "center";
  for (const x of xs) if (x % 2) pen.fillText(x, X(x), height - bottom + 17);
  pen.fillText("k", X((xs[0] + xs.at(-1)) / 2), height - 4);
  lines.forEach(({ name, color, dash, values }, i) => {
    const mark = (x, y, r) => pen.fill(new Path2D(outline(dash.length ? 3 : 0, x, y, r)));
    const legend = height - bottom - 28 + 16 * i;
    pen.strokeStyle = pen.fillStyle = color;
    pen.lineWidth = 1.6;
    pen.setLineDash(dash);
    pen.stroke(new Path2D("M" + values.map(([x, y]) => `${X(x)},${Y(y)}`).join("L")));
    pen.stroke(new Path2D(`M${left + 8},${legend}h26`));
    pen.setLineDash([]);
    for (const [x, y] of values) mark(X(x), Y(y), x === at ? 4.5 : 2.5);
    mark(left + 21, legend, 2.5);
    pen.textAlign = "left";
    pen.fillText(name, left + 42, legend + 4);
  });
}

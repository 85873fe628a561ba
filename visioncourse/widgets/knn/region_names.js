// Names on the regions of a plane, for those who cannot tell its colours apart.

// [label, x, y] of the regions in pixels, each where it is farthest from
// other regions, from the edge and from the obstacles [x, y].
function regionLabels({ masks, size }, classes, obstacles) {
  const n = 20;
  const places = Array.from({ length: n * n }, (_, i) => [i % n, Math.floor(i / n)].map(v => (v + 0.5) / n * SIDE));
  const cells = places.map(([x, y]) => masks[Math.floor(y / SIDE * size) * size + Math.floor(x / SIDE * size)]);
  const gap = ([x, y], [u, v]) => Math.hypot((x - u) / 2, y - v);   // names are wide: sideways distances count half
  const room = places.map((here, i) => {
    let least = Math.min(here[0] / 2, here[1], (SIDE - here[0]) / 2, SIDE - here[1]);
    for (const point of obstacles) least = Math.min(least, gap(here, point));
    for (let j = 0; j < cells.length; j++) if (cells[j] !== cells[i]) least = Math.min(least, gap(here, places[j]));
    return least;
  });
  const most = c => room.reduce((best, r, i) => cells[i] === 1 << c && r > (room[best] ?? 12) ? i : best, -1);
  return Array.from({ length: classes }, (_, c) => [c, most(c)]).filter(([, i]) => i >= 0).map(([c, i]) => [
    c, ...places[i]
  ]);
}

// Text on any colour.
function drawName(pen, text, x, y) {
  Object.assign(pen, {
    font: "bold 13px sans-serif", textAlign: "center", fillStyle: "#111", strokeStyle: "#fff", lineWidth: 4
  });
  pen.strokeText(text, x, y + 4);
  pen.fillText(text, x, y + 4);
}

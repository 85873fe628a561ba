// The steps of a computational graph's passes and the words for them, as in picture.py.
const sigmoid = x => { const s = 1 / (1 + Math.exp(-Math.abs(x))); return x >= 0 ? s : 1 - s; };
const GATES = {   // op: inputs => [output, local gradients]
  "+": (x, y) => [x + y, [1, 1]],
  "*": (x, y) => [x * y, [y, x]],
  max: (x, y) => [Math.max(x, y), x >= y ? [1, 0] : [0, 1]],
  relu: x => [Math.max(x, 0), [x > 0 ? 1 : 0]],
  sigmoid: x => [sigmoid(x), [sigmoid(x) * (1 - sigmoid(x))]],
  tanh: x => [Math.tanh(x), [1 - Math.tanh(x) ** 2]],
  exp: x => [Math.exp(Math.min(x, 700)), [Math.exp(Math.min(x, 700))]],
  "1/x": x => [1 / (x || 1e-300), [-1 / (x * x || 1e-300)]],
};

// All steps of a forward and a backward pass.
function trace({ ops, inputs }, leaves) {
  const data = [...leaves], grads = leaves.map(() => null), local = [], steps = [];
  const gates = [...inputs.keys()].filter(i => inputs[i].length);
  const note = (node, back, flows = []) => steps.push({ node, back, data: [...data], grads: [...grads], flows });
  note(-1, false);
  for (const i of gates) {
    [data[i], local[i]] = GATES[ops[i]](...inputs[i].map(j => data[j]));
    note(i, false);
  }
  grads[leaves.length - 1] = 1;
  note(leaves.length - 1, true);
  for (const i of gates.reverse()) {
    const flows = inputs[i].map((j, k) => {
      const flow = [j, local[i][k], grads[i], grads[j]];
      grads[j] = (grads[j] ?? 0) + local[i][k] * grads[i];
      return flow;
    });
    note(i, true, flows);
  }
  return steps;
}

function short(x) {   // at most three significant digits
  if (x === null) return "";
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "nan" : x > 0 ? "inf" : "-inf";
  const [digits, power] = x.toExponential(2).split("e"), plain = power < -4 || power > 2;
  return plain && x ? `${+digits}e${power}` : String(+x.toPrecision(3));
}

function words({ names, ops, inputs }, { node, back, data, flows }) {
  if (node < 0) return "Only the inputs are known.";
  const op = ops[node], sign = { "+": " + ", "*": " × " }[op];
  const both = part => sign ? part.join(sign) : `${op}(${part.join(", ")})`;
  if (!back)
    return `Forward: ${names[node]} = ${both(inputs[node].map(j => names[j]))} `
      + `= ${both(inputs[node].map(j => short(data[j])))} = ${short(data[node])}.`;
  if (!flows.length) return `Backward begins: the gradient of ${names[node]} with respect to itself is 1.`;
  const told = flows.map(([j, slope, upstream, before]) => {
    const product = slope * upstream;
    const text = `${names[j]} gets local ${short(slope)} × upstream ${short(upstream)} = ${short(product)}`;
    return before === null ? text : `${text}, added to the ${short(before)} it had: ${short(before + product)}`;
  });
  return `Backward through ${names[node]} (${op.replace("*", "×")}): ${told.join("; ")}.`;
}

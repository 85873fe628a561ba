// A slider from low to high on a logarithmic scale of 40 places; with zero, its
// lowest place is 0. set(value) hears of it, sync(value) shows one.
function logSlider(name, low, high, zero, set) {
  const input = element("input", { type: "range", min: 0, max: 40, step: "any", "aria-label": name, input: () => {
    set(zero && +input.value === 0 ? 0 : +(low * (high / low) ** (input.value / 40)).toPrecision(2));
  } });
  const output = element("b"), made = element("div", { class: "vc-slider" }, element("label", {}, name, input), output);
  made.sync = value => {
    input.value = value ? 40 * Math.log(value / low) / Math.log(high / low) : 0;
    output.textContent = value;
    input.setAttribute("aria-valuetext", `${value}`);
  };
  return made;
}

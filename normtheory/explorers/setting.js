// A setting of an explorer's sliders as text: numbers, typed entries, a line of Python, a link.

// Six digits, as short as they go.
export function plain(value) {
  return typeof value === "string" ? value : String(Number(value.toPrecision(6)));
}

// A decimal number, and nothing else that JavaScript would read as one.
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
// "1,000" is a thousand to one reader and one to another
const EITHER = /^[+-]?\d+,\d{3}$/;

// The value of a typed text, or an Error that says what is allowed.
export function parse(control, text) {
  if (control.choice) {
    if (control.positions.includes(text)) return text;
    const choices = control.positions.join(", ");
    throw new Error(`${control.name} must be one of ${choices}, got "${text}"`);
  }
  const typed = text.trim();
  const either = EITHER.test(typed);
  const decimal = typed.replace(",", ".");
  const value = !either && NUMBER.test(decimal) ? Number(decimal) : NaN;
  const { name, low, high, closed, integer } = control;
  const above = low === null || (closed ? value >= low : value > low);
  const below = high === null || (closed ? value <= high : value < high);
  if (!Number.isFinite(value) || !above || !below || (integer && !Number.isInteger(value))) {
    const kind = integer ? "a whole number" : "a number";
    const left = closed && low !== null ? "[" : "(";
    const right = closed && high !== null ? "]" : ")";
    const range = `${left}${low ?? "-∞"}, ${high ?? "∞"}${right}`;
    const hint = either ? ", whose comma may part decimals or thousands" : "";
    throw new Error(`${name} must be ${kind} in ${range}, got "${text}"${hint}`);
  }
  return value;
}

// The position of a slider nearest to a value.
export function nearest(positions, value) {
  let best = 0;
  positions.forEach((stop, k) => {
    if (Math.abs(stop - value) < Math.abs(positions[best] - value)) best = k;
  });
  return best;
}

// What a link calls an explorer, of which there may be several on a page.
export const place = (spec) => spec.place ?? spec.name;

// A line of Python that recreates a view.
export function python(spec, values) {
  const changed = spec.controls.filter((c) => values[c.name] !== c.default);
  const literal = (v) => (typeof v === "string" ? JSON.stringify(v) : String(v));
  const settings = changed.map((c) => `${c.name}=${literal(values[c.name])}`);
  const given = spec.given ? [spec.given] : []; // what it shows, where that is an argument
  return `explorers.${spec.name}(${[...given, ...settings].join(", ")})`;
}

// The part of a link behind the page's address that recreates a view: what differs from the
// defaults, `#phase_shift?p=0.25&mu=3`.
export function write(spec, values) {
  const changed = spec.controls.filter((c) => values[c.name] !== c.default);
  const settings = new URLSearchParams(changed.map((c) => [c.name, String(values[c.name])]));
  return `#${place(spec)}${changed.length ? "?" : ""}${settings}`;
}

// The values that a link's part says of this explorer, null where it speaks of another one; an
// Error that says what is allowed where it cannot be.
export function read(spec, fragment) {
  const [name, settings] = fragment.replace(/^#/, "").split("?", 2);
  if (name !== place(spec)) return null;
  const values = Object.fromEntries(spec.controls.map((c) => [c.name, c.default]));
  const given = new Set();
  for (const [key, text] of new URLSearchParams(settings)) {
    const control = spec.controls.find((c) => c.name === key);
    if (!control) {
      const known = spec.controls.map((c) => c.name).join(", ");
      throw new Error(`the link names ${key}, and the sliders here are ${known}`);
    }
    if (given.has(key)) throw new Error(`the link names ${key} twice`);
    given.add(key);
    values[key] = parse(control, text);
  }
  return values;
}

// Python's sentences with their numbers filled in, written as Python writes them.

const PLACE = /\{([a-zA-Z_]\w*):([^{}]*)\}/g;
const FORMAT = /^(\+?)(?:\.(\d+))?([dsefg%])$/;
const REFERENCE = /(?:Eqs?\.|Secs?\.|Tables?|Theorem|Fig\.|Alg\.) A?[.\d]+(?:[-–]\d+)?/g;
const FORMULA = /\$[^$]*\$/g;
// a number that a sentence has of its own, outside references and formulas
const TYPED = /(?<![\w.^-])\d+(?:\.\d+)?(?!\w)/g;

// Numbers that differ by more than rounding, from each other or from one that is typed, get the
// digits that show it.
export function filled(template, numbers, rounding = 1e-9) {
  const bare = [PLACE, REFERENCE, FORMULA].reduce((text, each) => text.replace(each, ""), template);
  const found = (bare.match(TYPED) ?? []).map((text) => ({ kind: "d", text, size: Number(text) }));
  const places = new Map();
  for (const [key, name, format] of template.matchAll(PLACE)) {
    const kind = format.at(-1);
    const size = Number(numbers[name]) * (kind === "%" ? 100 : 1); // whole ones may be BigInt
    places.set(key, { kind, name, format, more: 0, size });
  }
  found.push(...places.values());
  const wider = (one) => "efg%".includes(one.kind) && found.some((other) => confused(one, other, rounding));
  for (let alike = places.values(); ; ) {
    for (const each of alike) each.text = written(numbers[each.name], each.format, each.more);
    alike = found.filter(wider);
    if (!alike.length) return template.replace(PLACE, (key) => places.get(key).text);
    for (const each of alike) each.more += 1;
  }
}

// Whether two numbers that differ are printed alike; fixed digits end somewhere.
function confused(one, other, rounding) {
  if (one.kind === "s" || other.kind === "s") return false;
  const fixed = "f%".includes(one.kind) || "f%".includes(other.kind);
  const size = Math.max(fixed ? 1 : 0, Math.abs(one.size), Math.abs(other.size));
  return Math.abs(one.size - other.size) > rounding * size && parseFloat(one.text) === parseFloat(other.text);
}

// Where a claim stands: its id, the state and the words of a case. A number that is lost decides
// nothing.
export function standing({ id, cases }, [found, numbers], values) {
  const lost = (v) => typeof v === "number" && !Number.isFinite(v);
  const name = Object.values(numbers).some(lost) ? "undecided_lost" : found;
  return [id, name.split("_")[0], filled(cases[name], { ...values, ...numbers })];
}

// What rounds to zero has no sign.
function written(...number) {
  return signed(...number).replace(/^-(?=0(\.0+)?%?$)/, "");
}

function signed(value, format, more) {
  const [, plus, few = "6", kind] = FORMAT.exec(format);
  const digits = Number(few) + more;
  const sign = plus && !(value < 0) ? "+" : "";
  switch (kind) {
    case "e": return sign + exponential(value, digits);
    case "f": return sign + fixed(value, digits);
    case "g": return sign + general(value, digits);
    case "%": return `${sign}${fixed(100 * value, digits)}%`;
    default: return `${value}`;
  }
}

// Python rounds exact halves to even, JavaScript away from zero; `exact()` has all digits, which take
// long and which only a number whose shortest form ends in 5 needs.
function halfEven(size, short, exact, length) {
  if (!/5(e|$)/.test(size.toExponential())) return short;
  const long = exact();
  const tie = /^50*$/.test(long.slice(length).replace(".", ""));
  const kept = long.slice(0, length).replace(/\.$/, "");
  return tie && "02468".includes(kept.at(-1)) ? kept : short;
}

const minus = (value) => (value < 0 || Object.is(value, -0) ? "-" : "");

function special(value) {
  return Number.isNaN(value) ? "nan" : value > 0 ? "∞" : "-∞";
}

// f"{value:.{digits}f}"
export function fixed(value, digits) {
  if (!Number.isFinite(value)) return special(value);
  const size = Math.abs(value);
  // toFixed would write powers of ten
  if (size >= 1e21) return `${minus(value)}${BigInt(size)}${digits ? `.${"0".repeat(digits)}` : ""}`;
  const short = size.toFixed(digits);
  const point = size < 1 ? 2 : Math.trunc(size).toString().length + 1;
  const text = halfEven(size, short, () => size.toFixed(60), point + digits);
  return minus(value) + text;
}

// f"{value:.{digits}e}"
export function exponential(value, digits) {
  if (!Number.isFinite(value)) return special(value);
  const size = Math.abs(value);
  let [text, power] = size.toExponential(digits).split("e");
  const exact = () => size.toExponential(60).split("e");
  const even = halfEven(size, text, () => exact()[0], digits + (digits ? 2 : 1));
  if (even !== text) [text, power] = [even, exact()[1]];
  const places = Math.abs(power).toString().padStart(2, "0");
  return `${minus(value)}${text}e${power < 0 ? "-" : "+"}${places}`;
}

// f"{value:.{digits}g}"
export function general(value, digits = 6) {
  if (!Number.isFinite(value)) return special(value);
  if (value === 0) return `${minus(value)}0`;
  const text = exponential(value, digits - 1);
  const [mantissa, power] = text.split("e");
  const plain = (written) => (written.includes(".") ? written.replace(/\.?0+$/, "") : written);
  if (power < -4 || power >= digits) return `${plain(mantissa)}e${text.split("e")[1]}`;
  return plain(Number(text).toFixed(digits - 1 - Number(power)));
}

// Python's sentences with their numbers filled in, written as Python writes them.

const PLACE = /\{([a-zA-Z_]\w*):([^{}]*)\}/g;

export const filled = (template, numbers) =>
  template.replace(PLACE, (_, name, format) => written(numbers[name], format));

// Where a claim stands: its id, the state and the words of a case. A number that is lost decides
// nothing.
export function standing({ id, cases }, [found, numbers], values) {
  const lost = (v) => typeof v === "number" && !Number.isFinite(v);
  const name = Object.values(numbers).some(lost) ? "undecided_lost" : found;
  return [id, name.split("_")[0], filled(cases[name], { ...values, ...numbers })];
}

function written(value, format) {
  const [, plus, digits = "6", kind] = /^(\+?)(?:\.(\d+))?([dsefg%])$/.exec(format);
  const sign = plus && !(value < 0) ? "+" : "";
  switch (kind) {
    case "e": return sign + exponential(value, Number(digits));
    case "f": return sign + fixed(value, Number(digits));
    case "g": return sign + general(value, Number(digits));
    case "%": return `${sign}${fixed(100 * value, Number(digits))}%`;
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

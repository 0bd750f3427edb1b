// What the formulas share: grids and special functions.

export const linspace = (low, high, count) =>
  Float64Array.from({ length: count }, (_, k) => low + ((high - low) / (count - 1)) * k);

export const geomspace = (low, high, count) =>
  linspace(Math.log(low), Math.log(high), count).map(Math.exp);

// One point: a layer's arrays of one number each.
export const at = (layer, x, y) => ({ [`${layer}.x`]: [x], [`${layer}.y`]: [y] });

export const sum = (values) => values.reduce((total, v) => total + v, 0);
export const mean = (values) => sum(values) / values.length;
export const least = (values) => values.reduce((low, v) => Math.min(low, v), Infinity);

// exp(x^2) erfc(x) for x >= 0: a series near 0, Legendre's continued fraction beyond.
export function erfcx(x) {
  if (x < 2) {
    let term = (2 * x) / Math.sqrt(Math.PI);
    let total = 0;
    for (let k = 0; term > 1e-17 * total; k++) {
      total += term;
      term *= (2 * x * x) / (2 * k + 3);
    }
    return Math.exp(x * x) - total;
  }
  let fraction = 0;
  for (let k = 120; k > 0; k--) fraction = k / 2 / (x + fraction);
  return 1 / (Math.sqrt(Math.PI) * (x + fraction));
}

export const erfc = (x) => (x < 0 ? 2 - erfc(-x) : Math.exp(-x * x) * erfcx(x));
export const ndtr = (x) => erfc(-x / Math.SQRT2) / 2;

// log Gamma(k / 2) for k >= 1: Stirling's series from 15 on, below it by the recursion
export function logGammaHalf(k) {
  let x = k / 2;
  let below = 1;
  for (; x < 15; x++) below *= x;
  const square = 1 / (x * x);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))) / x;
  return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series - Math.log(below);
}

// the density of the normal distribution
export const gauss = (x, centre, variance) =>
  Math.exp(-((x - centre) ** 2) / (2 * variance)) / Math.sqrt(2 * Math.PI * variance);

// The chances of 0 to n heads in n tosses.
export function halves(n) {
  const total = logGammaHalf(2 * n + 2) - n * Math.LN2;
  return Array.from({ length: n + 1 }, (_, k) =>
    Math.exp(total - logGammaHalf(2 * k + 2) - logGammaHalf(2 * (n - k) + 2)));
}

// P[s1 / s2 < ratio] for two normal samples with `freedom` degrees of freedom each: the
// regularized incomplete beta function by its continued fraction.
export function betaRatio(ratio, freedom) {
  if (ratio > 1) return 1 - betaRatio(1 / ratio, freedom);
  const [a, x] = [freedom / 2, ratio / (1 + ratio)];
  let fraction = 0;
  // as many terms as the freedom's root asks for
  for (let m = Math.ceil(60 + 2 * Math.sqrt(a)); m > 0; m--) {
    const even = (m * (a - m) * x) / ((2 * m + a - 1) * (2 * m + a));
    const odd = (-(a + m) * (2 * a + m) * x) / ((2 * m + a) * (2 * m + a + 1));
    fraction = even / (1 + odd / (1 + fraction));
  }
  const first = (-2 * a * x) / (a + 1);
  const log = logGammaHalf(2 * freedom) - 2 * logGammaHalf(freedom);
  const scale = Math.exp(log + a * Math.log(x * (1 - x))) / a;
  return scale / (1 + first / (1 + fraction));
}

// n choose k to the last digit, as a BigInt
export function binomial(n, k) {
  let found = 1n;
  for (let j = 1; j <= Math.min(k, n - k); j++) found = (found * BigInt(n - j + 1)) / BigInt(j);
  return found;
}

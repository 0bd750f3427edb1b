// Sample variances, as in theory/sample_variance.py and theory/ratio_bounds.py.
import {
  at, betaRatio, binomial, erfc, gauss, halves, linspace, logGammaHalf, sum,
} from "./numbers.js";

// Var(s^2) / sigma^4
const constancy = (n, kappa) => kappa / n - (n - 3) / (n * (n - 1));

// A density on a grid; the mixture has p = 1/4 and means three of its parts' standard deviations apart.
const DENSITIES = {
  normal: (x, sigma) => gauss(x, 0, sigma ** 2),
  laplace: (x, sigma) =>
    Math.exp(-Math.SQRT2 * Math.abs(x / sigma)) / Math.SQRT2 / sigma,
  uniform: (x, sigma) =>
    Math.abs(x / sigma) <= Math.sqrt(3) ? 1 / (2 * Math.sqrt(3) * sigma) : 0,
  mixture(x, sigma) {
    const scale = sigma / Math.sqrt(1 + 27 / 16);
    const first = 0.25 * gauss(x, 2.25 * scale, scale ** 2);
    return first + 0.75 * gauss(x, -0.75 * scale, scale ** 2);
  },
};

export function sample_variance(values, { kurtosis }) {
  const { n, law, scale } = values;
  const [kappa, sigma] = [kurtosis[law], values.sigma * scale];
  const [found, low] = [constancy(n, kappa), constancy(n, 1)];
  const value = found * values.sigma ** 4;
  const density = DENSITIES[law];
  const wide = 0.12;
  return {
    look: Object.keys(kurtosis).indexOf(law),
    text: () => ["", {
      value, scaled: found * sigma ** 4, relative: found, kurtosis: kappa, least: low,
    }],
    arrays: () => ({
      "0.0.y": linspace(-8, 8, 401).map((x) => density?.(x, sigma) ?? NaN),
      "0.1.edges": density ? [0, 0] : [-sigma - wide, -sigma + wide, sigma - wide, sigma + wide],
      "0.1.heights": density ? [NaN] : [0.5, 0, 0.5],
      ...at("1.5", n, found),
      "1.6.x": [n, n],
      "1.7.x": [n],
    }),
    standings: () => [
      ["holds", { value }],
      ["holds", { least: low, relative: found }],
      ["holds", { loss: constancy(10, 3) }],
      nearTwoModes(kappa),
    ],
  };
}

function nearTwoModes(kappa) {
  const bound = Math.min(Math.sqrt(kappa - 1), Math.SQRT2);
  return [bound < 9 / 8 ? "holds" : "silent", { bound }];
}

function modesKurtosis(upper, middle, position) {
  const weights = [(1 - middle) * (1 - upper), middle, (1 - middle) * upper];
  const centre = weights[1] * position + weights[2] - weights[0];
  const moment = (power) =>
    sum([-1, position, 1].map((place, k) => weights[k] * (place - centre) ** power));
  return moment(4) / moment(2) ** 2;
}

export function few_modes(values) {
  const { upper, middle, position, n, k } = values;
  const weights = [(1 - middle) * (1 - upper), middle, (1 - middle) * upper];
  const counted = (modes) => binomial(n + modes - 1, n);
  const printed = (modes) => (modes === 2 ? BigInt(n) : binomial(n + modes - 1, modes));
  const [here, said, found] = [modesKurtosis(upper, middle, position), printed(k), counted(k)];
  const counts = Array.from({ length: 12 }, (_, j) => j + 1);
  const arrays = {
    "1.1.y": linspace(0.01, 0.99, 50).map((share) => modesKurtosis(share, middle, position)),
    ...at("1.2", upper, here),
    "2.0.y": counts.map((modes) => Number(counted(modes))),
    "2.1.y": counts.map((modes) => Number(printed(modes))),
    ...at("2.2", k, Number(found)),
  };
  [-1, position, 1].forEach((place, mode) => {
    arrays[`0.${mode}.edges`] = [place - 0.15, place + 0.15];
    arrays[`0.${mode}.heights`] = [weights[mode]];
  });
  return {
    text: () => ["", { kappa: here, true: found, said }],
    arrays: () => arrays,
    standings: () => [
      [here < 3 ? "holds" : "fails", { kappa: here }],
      [said === found ? "holds" : "fails", { true: found, said }],
      peaksStanding(middle),
    ],
  };
}

function peaksStanding(middle) {
  const symmetric = 1 / (1 - middle);
  if (middle === 0) return ["outside", { symmetric }];
  return [symmetric < 3 ? "holds" : "fails", { symmetric }];
}

// The printed bound of Theorem 3, what its proof shows, and batchnorm's bound, Eq. 20.
const noiseLeft = (n, kappa, epsilon) => 1 - constancy(n, kappa) / epsilon ** 2;
const printedBound = (n, kappa, epsilon) => noiseLeft(n, kappa, epsilon) ** 2;
const chebyshev = (n, kappa, epsilon) => Math.max(0, noiseLeft(n, kappa, epsilon)) ** 2;

function cantelli(v, threshold) {
  const spread = v * (1 + threshold ** 2);
  return spread / (spread + (1 - threshold) ** 2);
}

function cantelliBound(n, kappa, epsilon) {
  const v = constancy(n, kappa);
  const low = (1 - 3 * epsilon) / (1 - epsilon);
  const above = cantelli(v, (1 + epsilon) / (1 - epsilon));
  return Math.max(0, 1 - above - (low > 0 ? cantelli(v, low) : 0));
}

// Two bands beside 1, so thin that the difference is rounding.
function thinBands(n, epsilon) {
  const log = logGammaHalf(2 * n - 2) - 2 * logGammaHalf(n - 1);
  const density = (ratio) =>
    Math.exp(log + ((n - 3) / 2) * Math.log(ratio) - (n - 1) * Math.log1p(ratio));
  const [off, width] = [2, 4 * epsilon].map((c) => (c * epsilon) / (1 - epsilon ** 2));
  return width * (density(1 - off) + density(1 + off));
}

// Probability of the theorem's event for two batches of n draws, or at most that.
function eventProbability(law, n, epsilon, kappa, enumerated) {
  const [near, far] = [(2 * epsilon) / (1 + epsilon), (2 * epsilon) / (1 - epsilon)];
  if (law === "normal") {
    if (epsilon < 1e-3) return thinBands(n, epsilon);
    const below = (ratio) => (ratio > 0 ? betaRatio(ratio, n - 1) : 0);
    return below(1 + far) - below(1 - far) - (below(1 + near) - below(1 - near));
  }
  if (!enumerated) {
    const v = constancy(n, kappa);
    return Math.min(1, cantelli(v, 1 + near) + cantelli(v, 1 - near));
  }
  const weights = halves(n);
  const variances = weights.map((_, j) => (j * (n - j)) / (n * (n - 1)));
  let total = 0;
  variances.forEach((s1, j) => variances.forEach((s2, k) => {
    const [gap, slack] = [Math.abs(s1 - s2), 1e-12 * (s1 + s2)];
    const close = gap < near * s2 - slack || s1 === s2;
    if (gap <= far * s2 + slack && !close) total += weights[j] * weights[k];
  }));
  return total;
}

export function ratio_bound(values, { kurtosis }) {
  const { n, epsilon, law, kappa } = values;
  const own = kurtosis[law];
  const levels = linspace(0.02, 0.98, 49);
  const counted = law === "two-point" && n <= 60;
  const event = (level) => eventProbability(law, n, level, own, counted);
  const [here, said] = [event(epsilon), printedBound(n, own, epsilon)];
  const v = constancy(n, kappa);
  const side = printedBound(n, kappa, epsilon);
  const left = noiseLeft(n, own, epsilon);
  const kind = law === "normal" || counted ? "exactly" : "at most";
  return {
    text: () => ["", { bound: said, kind, p: here, side, v, square: epsilon ** 2 }],
    arrays: () => ({
      "0.1.y": levels.map((level) => printedBound(n, own, level)),
      "0.2.y": levels.map(event),
      "0.3.y": levels.map((level) => chebyshev(n, own, level)),
      "0.4.y": levels.map((level) => cantelliBound(n, own, level)),
      ...at("0.5", epsilon, here),
      ...at("0.6", epsilon, said),
      "1.1.y": linspace(1, 20, 96).map((each) => printedBound(n, each, epsilon)),
      ...at("1.2", kappa, side),
      "2.1.y": levels.map((level) => noiseLeft(n, own, level)),
      ...at("2.2", epsilon, left),
    }),
    standings: () => [
      ratioStanding(law, n, epsilon, own, said),
      [v < epsilon ** 2 ? "holds" : "fails", { side, v, square: epsilon ** 2 }],
      [left > 0 ? "holds" : "silent", { left }],
      sizeStanding(n, kappa),
    ],
  };
}

function ratioStanding(law, n, epsilon, kappa, bound) {
  if (bound > 1) return ["fails_beyond", { bound }];
  const p = eventProbability(law, n, epsilon, kappa, law === "two-point");
  const exact = law === "normal" || law === "two-point";
  if (p < bound) return [exact ? "fails" : "fails_most", { bound, p }];
  return [exact ? "holds" : "undecided", { bound, p }];
}

function sizeStanding(n, kappa) {
  const times = (size) => 1 + ((kappa - 1) * (size - 1)) / 2;
  return [n === 2 || kappa === 1 ? "silent" : "fails", { ratio: times(n), small: times(2) }];
}

// Var(sigma / sigma_s) of the normal distribution
function inverseDeviationVariance(n) {
  const log = logGammaHalf(n - 2) - logGammaHalf(n - 1);
  return (n - 1) / (n - 3) - ((n - 1) / 2) * Math.exp(2 * log);
}

export function batchnorm_noise(values, { sizes }) {
  const { n, kappa, rho } = values;
  const [here, how] = variancePart(n, kappa);
  const share = (x) => erfc(0.1 * Math.abs(x) * Math.sqrt(n / 2));
  const off = share(rho);
  return {
    text: () => ["", { shift: 1 / n, part: here, how, off }],
    arrays: () => ({
      "0.1.y": sizes.map((size) => (kappa - 1) / (4 * size)),
      ...at("0.3", n, 1 / n),
      ...at("0.4", n, here < Infinity ? Math.max(here, 1e-9) : NaN),
      "1.0.y": linspace(-4, 4, 161).map(share),
      "1.1.x": [rho],
      ...at("1.2", rho, off),
    }),
    standings: () => [
      noiseStanding(n, kappa),
      [off < 0.05 ? "holds" : "fails", { off }],
      ["holds", { total: 1 + (kappa - 1) / 4 }],
      sameStanding(n),
    ],
  };
}

// A draw at the upper one of two balanced points, normalized in a batch of n.
function sameStanding(n) {
  let [mean, deviation] = [1 - 1 / (2 * n), 1 / Math.sqrt(n)];
  if (n <= 1000) {
    const weights = halves(n - 1);
    const output = (j) => Math.sqrt((n - 1 - j) / (j + 1));
    mean = sum(weights.map((weight, j) => weight * output(j)));
    deviation = Math.sqrt(sum(weights.map((weight, j) => weight * output(j) ** 2)) - mean ** 2);
  }
  return ["fails", { mean, deviation }];
}

// What the sample variance alone adds, and how that is known.
function variancePart(n, kappa) {
  if (kappa !== 3) return [(kappa - 1) / (4 * n), "to leading order"];
  return [n > 3 ? inverseDeviationVariance(n) : Infinity, "exact for normal draws"];
}

function noiseStanding(n, kappa) {
  const [part, how] = variancePart(n, kappa);
  if (part === Infinity) return ["holds_infinite", {}];
  if (kappa !== 3 && n < 20) return ["undecided", {}];
  const share = part / (part + 1 / n);
  return [share > 0.5 ? "holds" : "fails", { share, how }];
}

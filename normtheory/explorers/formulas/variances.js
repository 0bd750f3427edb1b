// Sample variances, as in theory/sample_variance.py and theory/ratio_bounds.py.
import {
  betaRatio, binomial, erfc, fixed, gauss, general, halves, linspace, logGammaHalf, sum,
} from "./numbers.js";

// Var(s^2) / sigma^4
const constancy = (n, kappa) => kappa / n - (n - 3) / (n * (n - 1));

// A law's density on a grid; the mixture has p = 1/4 and means three within-deviations apart.
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
  const density = DENSITIES[law];
  const wide = 0.12;
  return {
    look: Object.keys(kurtosis).indexOf(law),
    get text() {
      return `${law} law, n = ${n}, σ = ${general(sigma, 3)}: Var(s²) = `
        + `${general(found * sigma ** 4, 4)}, ${general(found, 4)} in units of σ⁴ (kurtosis `
        + `${general(kappa, 4)}); the least of all laws is ${general(low, 4)}.`;
    },
    get arrays() {
      return {
        "0.0.y": linspace(-8, 8, 401).map((x) => density?.(x, sigma) ?? NaN),
        "0.1.edges": density ? [0, 0] : [-sigma - wide, -sigma + wide, sigma - wide, sigma + wide],
        "0.1.heights": density ? [NaN] : [0.5, 0, 0.5],
        "1.5.x": [n],
        "1.5.y": [found],
        "1.6.x": [n, n],
        "1.7.x": [n],
      };
    },
    get standings() {
      return [
        [
          "vcl.variance-of-variance", "holds",
          `Eq. 1: Var(s²) = ${general(found * values.sigma ** 4, 4)} at n = ${n}, ${law} distribution, `
          + `σ = ${general(values.sigma, 3)}`,
        ],
        [
          "vcl.two-point-minimizer", "holds",
          `Theorem 1: two balanced points have the least loss, ${general(low, 4)}; the ${law} `
          + `distribution has ${general(found, 4)} at n = ${n}`,
        ],
        [
          "vcl.variance-constraint", "holds",
          `the loss does not depend on the scale: ${general(constancy(10, 3), 4)} at scale `
          + `${general(scale, 3)} (normal, n = 10)`,
        ],
        nearTwoModes(law, kappa),
      ];
    },
  };
}

function nearTwoModes(law, kappa) {
  const bound = Math.min(Math.sqrt(kappa - 1), Math.SQRT2);
  const said = `low kurtosis means few modes: the ${law} distribution, at σ = 1, is within W₁ = `
    + `${general(bound, 3)} of two balanced points`;
  return bound < Math.SQRT2
    ? ["vcl.near-two-modes", "holds", said]
    : ["vcl.near-two-modes", "silent", `${said}, but so is every distribution`];
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
    "1.2.x": [upper],
    "1.2.y": [here],
    "2.0.y": counts.map((modes) => Number(counted(modes))),
    "2.1.y": counts.map((modes) => Number(printed(modes))),
    "2.2.x": [k],
    "2.2.y": [Number(found)],
  };
  [-1, position, 1].forEach((place, mode) => {
    arrays[`0.${mode}.edges`] = [place - 0.15, place + 0.15];
    arrays[`0.${mode}.heights`] = [weights[mode]];
  });
  return {
    get text() {
      return `The kurtosis is ${general(here, 4)} (normal: 3). ${n} draws from ${k} modes make `
        + `${found} patterns; the document says ${said}.`;
    },
    arrays,
    get standings() {
      return [
        [
          "vcl.few-modes", here < 3 ? "holds" : "fails",
          "few modes vary less than the normal distribution: "
          + (here < 3 ? `κ = ${general(here, 4)}, below 3` : `not here, κ = ${general(here, 4)}, not below 3`),
        ],
        [
          "vcl.sample-patterns", said === found ? "holds" : "fails",
          "Sec. 2 counts the patterns: "
          + (said === found ? `${found}, as the document says` : `there are ${found}, the document says ${said}`),
        ],
        ["vcl.more-than-two-peaks", ...peaksStanding(middle)],
      ];
    },
  };
}

function peaksStanding(middle) {
  const kappa = 1 / (1 - middle);
  const here = `${general(middle, 3)} at 0, the rest in halves at ±1, has κ = ${general(kappa, 4)}, `;
  const said = "more than two peaks have a low kurtosis: ";
  if (middle === 0) return ["outside", `${said}without one at 0 there are two`];
  return kappa < 3
    ? ["holds", `${said}${here}below 3`]
    : ["fails", `${said}not here, ${here}not below 3`];
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

// Probability of the theorem's event for two batches of n draws, or at most that.
function eventProbability(law, n, epsilon, kappa, enumerated) {
  const [near, far] = [(2 * epsilon) / (1 + epsilon), (2 * epsilon) / (1 - epsilon)];
  if (law === "normal") {
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
    const close = gap < near * s2 - slack || (s1 === 0 && s2 === 0);
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
  const bound = printedBound(n, kappa, epsilon);
  const kind = law === "normal" || counted ? "exactly" : "at most";
  return {
    get text() {
      return `${law} law, n = ${n}, ε = ${general(epsilon, 3)}: Theorem 3 claims a probability of at `
        + `least ${general(said, 3)}; it is ${kind} ${general(here, 3)}. At kurtosis `
        + `${general(kappa, 3)} the right-hand side is ${general(bound, 3)}, with Var(s²)/σ⁴ = `
        + `${general(v, 3)} against ε² = ${general(epsilon ** 2, 3)}.`;
    },
    get arrays() {
      return {
        "0.1.y": levels.map((level) => printedBound(n, own, level)),
        "0.2.y": levels.map(event),
        "0.3.y": levels.map((level) => chebyshev(n, own, level)),
        "0.4.y": levels.map((level) => cantelliBound(n, own, level)),
        "0.5.x": [epsilon],
        "0.5.y": [here],
        "0.6.x": [epsilon],
        "0.6.y": [said],
        "1.1.y": linspace(1, 20, 96).map((each) => printedBound(n, each, epsilon)),
        "1.2.x": [kappa],
        "1.2.y": [bound],
        "2.1.y": levels.map((level) => noiseLeft(n, own, level)),
        "2.2.x": [epsilon],
        "2.2.y": [noiseLeft(n, own, epsilon)],
      };
    },
    get standings() {
      return [
        ["vcl.ratio-bound", ...ratioStanding(law, n, epsilon, own, said)],
        ["vcl.ratio-bound-kurtosis", ...kurtosisStanding(v, epsilon ** 2, bound)],
        ["vcl.batchnorm-bound", ...batchnormStanding(noiseLeft(n, own, epsilon))],
        ["vcl.favours-small-n", ...sizeStanding(n, kappa)],
      ];
    },
  };
}

function ratioStanding(law, n, epsilon, kappa, bound) {
  const said = `Theorem 3: the event has at least probability ${general(bound, 3)}: `;
  if (bound > 1) return ["fails", `${said}that is no probability`];
  const probability = eventProbability(law, n, epsilon, kappa, law === "two-point");
  const exact = law === "normal" || law === "two-point";
  const it = `it has ${exact ? "" : "at most "}${general(probability, 3)}`;
  if (probability < bound) return ["fails", `${said}not here, ${it}`];
  return [exact ? "holds" : "undecided", said + it];
}

function kurtosisStanding(v, square, bound) {
  const [value, room, side] = [v, square, bound].map((each) => general(each, 3));
  const said = "Eq. 12's right-hand side falls with κ: ";
  return v < square
    ? ["holds", `${said}here ${side}, v = ${value} below ε² = ${room}`]
    : ["fails", `${said}not here, it grows, ${side}, v = ${value} not below ε² = ${room}`];
}

function batchnormStanding(bound) {
  const told = `probability at least ${general(bound, 3)}`;
  return bound > 0
    ? ["holds", `Eq. 20: σ/σ_s is within its interval with ${told}`]
    : ["silent", `Eq. 20: ${told}, which every event has`];
}

function sizeStanding(n, kappa) {
  if (n === 2 || kappa === 1) return ["silent", "at n = 2 or κ = 1 there is nothing to compare"];
  const times = (size) => general(1 + ((kappa - 1) * (size - 1)) / 2, 3);
  return [
    "fails",
    `small batches are favoured: not beside the least loss, of which κ = ${general(kappa, 3)} has `
    + `${times(n)} times at n = ${n} and ${times(2)} times at n = 2`,
  ];
}

// Var(sigma / sigma_s) of the normal law
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
    get text() {
      return `n = ${n}, κ = ${general(kappa, 3)}: the mean adds a variance of `
        + `${general(1 / n, 3)}, the sample variance ${general(here, 3)} (${how}), for an input that is `
        + `not in the batch. At ${general(rho, 3)} standard deviations from the mean, Eq. 18's ratio is off by more than 10 % in `
        + `${general(100 * off, 3)} % of batches of normal draws.`;
    },
    get arrays() {
      return {
        "0.1.y": sizes.map((size) => (kappa - 1) / (4 * size)),
        "0.3.x": [n],
        "0.3.y": [1 / n],
        "0.4.x": [n],
        "0.4.y": [here < Infinity ? Math.max(here, 1e-9) : NaN],
        "1.0.y": linspace(-4, 4, 161).map(share),
        "1.1.x": [rho],
        "1.2.x": [rho],
        "1.2.y": [off],
      };
    },
    get standings() {
      return [
        ["vcl.batchnorm-noise", ...noiseStanding(n, kappa)],
        [
          "vcl.batchnorm-approximation", off < 0.05 ? "holds" : "fails",
          "Eq. 18's ratio is about 1: " + (off < 0.05 ? "off by more than 10 % in only " : "not here, off by more than 10 % in ")
          + `${fixed(100 * off, 1)}% of batches of normal draws`,
        ],
        [
          "vcl.stable-batchnorm", "holds",
          "low kurtosis, stable batch normalization: n times the noise is "
          + `${general(1 + (kappa - 1) / 4, 3)}; at κ = 1 it still is 1`,
        ],
        ["vcl.same-activation", ...sameStanding(n)],
      ];
    },
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
  return [
    "fails",
    `few modes, the same output in every batch: not here, ${general(mean, 3)} with standard deviation `
    + `${general(deviation, 3)} for two balanced modes`,
  ];
}

// What the sample variance alone adds, and how that is known.
function variancePart(n, kappa) {
  if (kappa !== 3) return [(kappa - 1) / (4 * n), "to leading order"];
  return [n > 3 ? inverseDeviationVariance(n) : Infinity, "exact for normal draws"];
}

function noiseStanding(n, kappa) {
  const [part, how] = variancePart(n, kappa);
  const said = "most of the noise is the sample variance's: ";
  const where = "input not in the batch";
  if (part === Infinity) {
    return ["holds", `${said}its part is infinite at n = ${n} for normal draws, ${where}`];
  }
  if (kappa !== 3 && n < 20) {
    return ["undecided", `n = ${n} is too small for the leading order in 1/n`];
  }
  const share = part / (part + 1 / n);
  const told = `${fixed(100 * share, 0)}%, ${how}, ${where}`;
  return share > 0.5 ? ["holds", said + told] : ["fails", `${said}not here, ${told}`];
}

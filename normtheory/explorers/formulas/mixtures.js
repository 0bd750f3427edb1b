// Mixtures of two normal laws, as in theory/mixtures.py and theory/phases.py.
import { constant, fixed, general, least, linspace } from "./numbers.js";

const CLOSE = 1e-12; // what the claims take for rounding

// Kurtosis from the squared distance of the means, the mean variance and their difference.
function kurtosis(p, between, within, difference) {
  const alpha = p * (1 - p);
  const excess = (1 - 6 * alpha) * between ** 2
    + 6 * (1 - 2 * p) * difference * between + 3 * difference ** 2;
  return 3 + (alpha * excess) / (alpha * between + within) ** 2;
}

function printedKurtosis(p, between, within) {
  const alpha = p * (1 - p);
  return 3 + (alpha * (1 - 6 * alpha) * between ** 2) / (alpha * between + within) ** 2;
}

function printedFourth(p, between, within) {
  const alpha = p * (1 - p);
  return alpha * (1 - 3 * alpha) * between ** 2 + 6 * alpha * within * between + 3 * within ** 2;
}

// The parts that every kurtosis of an isotropic mixture needs.
function parts({ p, separation, sigma1, sigma2 }) {
  const within = p * sigma1 ** 2 + (1 - p) * sigma2 ** 2;
  return [separation ** 2, within, sigma1 ** 2 - sigma2 ** 2];
}

function compare(id, name, derived, printed) {
  return Math.abs(derived - printed) <= CLOSE * Math.max(1, Math.abs(derived))
    ? [id, "holds", `${name} = ${general(derived, 4)}, as printed`]
    : [id, "fails", `${name} = ${general(derived, 4)}, printed ${general(printed, 4)}`];
}

function kurtosisStanding(values) {
  const [between, within, difference] = parts(values);
  const derived = kurtosis(values.p, between, within, difference);
  const printed = printedKurtosis(values.p, between, within);
  return compare("vcl.mixture-kurtosis", "kappa", derived, printed);
}

function momentsStanding(values) {
  const { p } = values;
  const [between, within, difference] = parts(values);
  const printed = printedFourth(p, between, within);
  const more = 3 * p * (1 - p) * difference * (difference + 2 * (1 - 2 * p) * between);
  return compare("vcl.mixture-moments", "m4", printed + more, printed);
}

const normal = (x, mean, deviation) =>
  Math.exp(-((x - mean) ** 2) / (2 * deviation ** 2)) / (deviation * Math.sqrt(2 * Math.PI));

export function mixture_kurtosis_formula(values) {
  const { p, separation, sigma1, sigma2 } = values;
  const [between, within, difference] = parts(values);
  const separations = linspace(0, 8, 161);
  const here = kurtosis(p, between, within, difference);
  const said = printedKurtosis(p, between, within);
  const one = linspace(-10, 10, 401).map((x) => p * normal(x, (1 - p) * separation, sigma1));
  const two = linspace(-10, 10, 401).map((x) => (1 - p) * normal(x, -p * separation, sigma2));
  return {
    text: `At p = ${general(p, 3)}, distance ${general(separation, 3)}, deviations `
      + `${general(sigma1, 3)} and ${general(sigma2, 3)} the kurtosis is ${general(here, 4)}; `
      + `Eq. 9 gives ${general(said, 4)}.`,
    arrays: {
      "0.1.y": separations.map((s) => kurtosis(p, s * s, within, difference)),
      "0.2.y": separations.map((s) => printedKurtosis(p, s * s, within)),
      "0.3.x": [separation],
      "0.3.y": [here],
      "0.4.x": [separation],
      "0.4.y": [said],
      "1.0.y": one.map((v, k) => v + two[k]),
      "1.1.y": one,
      "1.2.y": two,
    },
    standings: [kurtosisStanding(values), momentsStanding(values)],
  };
}

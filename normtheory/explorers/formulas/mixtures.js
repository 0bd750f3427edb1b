// Mixtures of two normal distributions, as in theory/mixtures.py and theory/phases.py.
import { at, gauss, least, linspace } from "./numbers.js";

const CLOSE = 1e-12; // what the claims take for rounding

// What a badge says where two numbers differ, and are printed alike.
function failure(one, other) {
  const alike = Math.abs(one - other) <= 1e-9 * Math.max(Math.abs(one), Math.abs(other));
  return alike ? "fails_close" : "fails";
}

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

// `derived` and `printed` are called as the claims call them.
function compare(derived, printed, [own, theirs]) {
  const close = Math.abs(derived - printed) <= CLOSE * Math.max(1, Math.abs(derived));
  return [close ? "holds" : failure(derived, printed), { [own]: derived, [theirs]: printed }];
}

function kurtosisStanding(values) {
  const [between, within, difference] = parts(values);
  const derived = kurtosis(values.p, between, within, difference);
  const printed = printedKurtosis(values.p, between, within);
  return compare(derived, printed, ["true", "printed"]);
}

function momentsStanding(values) {
  const { p } = values;
  const [between, within, difference] = parts(values);
  const printed = printedFourth(p, between, within);
  const more = 3 * p * (1 - p) * difference * (difference + 2 * (1 - 2 * p) * between);
  return compare(printed + more, printed, ["fourth", "printed_fourth"]);
}

export function mixture_kurtosis_formula(values) {
  const { p, separation, sigma1, sigma2 } = values;
  const [between, within, difference] = parts(values);
  const separations = linspace(0, 8, 161);
  const here = kurtosis(p, between, within, difference);
  const said = printedKurtosis(p, between, within);
  return {
    text: () => ["", { true: here, printed: said }],
    arrays() {
      const grid = linspace(-10, 10, 401);
      const one = grid.map((x) => p * gauss(x, (1 - p) * separation, sigma1 ** 2));
      const two = grid.map((x) => (1 - p) * gauss(x, -p * separation, sigma2 ** 2));
      return {
        "0.1.y": separations.map((s) => kurtosis(p, s * s, within, difference)),
        "0.2.y": separations.map((s) => printedKurtosis(p, s * s, within)),
        ...at("0.3", separation, here),
        ...at("0.4", separation, said),
        "1.0.y": one.map((v, k) => v + two[k]),
        "1.1.y": one,
        "1.2.y": two,
      };
    },
    standings: () => [kurtosisStanding(values), momentsStanding(values)],
  };
}

const NONE = [NaN, NaN]; // both directions, with equal means
const REACHES = [4, 8, 16, 1e6]; // of the plane
// by index: taking pairs apart costs more than what is computed of them
const quadratic = (v, c) => c[0] * v[0] * v[0] + 2 * c[1] * v[0] * v[1] + c[2] * v[1] * v[1];
const dot = (v, w) => v[0] * w[0] + v[1] * w[1];
const direction = (angle) => [Math.cos(angle), Math.sin(angle)];
const STEP = Math.PI / 360;
const DIRECTIONS = Array.from({ length: 360 }, (_, k) => direction(k * STEP));
const BESIDE = linspace(-1, 1, 33);
const scaled = ([x, y], factor) => [factor * x, factor * y];
const unit = (vector) => scaled(vector, 1 / Math.hypot(...vector));

// Up to length: the inverse of the mean covariance times the distance of the means.
function discriminant(p, gap, one, two) {
  const [xx, xy, yy] = one.map((v, k) => p * v + (1 - p) * two[k]);
  return [yy * gap[0] - xy * gap[1], xx * gap[1] - xy * gap[0]];
}

// The least kurtosis and its direction, as `best_angle` finds them.
function best(kappa) {
  let values = DIRECTIONS.map(kappa);
  let low = least(values);
  let angle = STEP * values.findIndex((v) => v <= (1 + 1e-14) * low);
  for (let step = STEP, round = 0; round < 4; step /= 16, round += 1) {
    const angles = BESIDE.map((far) => angle + far * step);
    values = angles.map((each) => kappa(direction(each)));
    low = least(values);
    // the middle of those that differ by rounding alone
    const near = angles.filter((_, k) => values[k] <= low + CLOSE);
    angle = near.reduce((sum, each) => sum + each, 0) / near.length;
  }
  return { low, theta: direction(angle) };
}

function ring([xx, xy, yy], centre) {
  const a = Math.sqrt(xx);
  const b = xy / a;
  const c = Math.sqrt(yy - b * b);
  const turns = linspace(0, 2 * Math.PI, 73);
  return [
    turns.map((t) => centre[0] + 1.5 * a * Math.cos(t)),
    turns.map((t) => centre[1] + 1.5 * (b * Math.cos(t) + c * Math.sin(t))),
  ];
}

export function phase_shift(values, { boundary }) {
  const { p, gap_x, gap_y, sd1_x, sd1_y, corr1, sd2_x, sd2_y, corr2 } = values;
  const gap = [gap_x, gap_y];
  const one = [sd1_x * sd1_x, corr1 * sd1_x * sd1_y, sd1_y * sd1_y];
  const two = [sd2_x * sd2_x, corr2 * sd2_x * sd2_y, sd2_y * sd2_y];
  const apart = gap_x !== 0 || gap_y !== 0;
  // to entries of about 1: what is as short as a number can be has no half
  const most = Math.max(...gap.map(Math.abs)) || 1;
  const way = gap.map((v) => v / most);
  const along = (weight, theta) => {
    const var1 = quadratic(theta, one);
    const var2 = quadratic(theta, two);
    const within = weight * var1 + (1 - weight) * var2;
    return kurtosis(weight, dot(theta, gap) ** 2, within, var1 - var2);
  };
  const here = (theta) => along(p, theta);
  const lda = apart ? unit(discriminant(p, way, one, two)) : NONE;
  const merging = apart ? scaled(unit([-way[1], way[0]]), gap_x < 0 ? -1 : 1) : NONE;
  const between = (weight) => boundary[0] <= weight && weight <= boundary[1];
  const separates = between(p);
  const named = separates ? lda : merging;
  const flat = Math.abs(1 - 6 * p * (1 - p)) < CLOSE && one.every((v, k) => v === two[k]);

  const found = () => {
    const { low, theta } = best(here);
    return { low: apart ? Math.min(low, here(lda), here(merging)) : low, theta };
  };
  const rings = [ring(one, scaled(gap, 0.5)), ring(two, scaled(gap, -0.5))];
  const size = Math.max(...rings.flat().map((v) => Math.max(...v.map(Math.abs))));
  const reach = REACHES.find((r) => size <= 0.95 * r || r === REACHES.at(-1));
  const line = (theta) => theta.map((v) => [-2 * reach * v, 2 * reach * v]);
  return {
    look: REACHES.indexOf(reach),
    text() {
      const name = separates ? "LDA" : "merging";
      const numbers = { lda: here(lda), merging: here(merging), best: found().low, name };
      return [apart ? "" : "equal", numbers];
    },
    arrays() {
      const weights = linspace(0.01, 0.99, 99);
      const rough = DIRECTIONS.filter((_, k) => k % 3 === 0);
      const separated = weights.map((w) => along(w, apart ? unit(discriminant(w, way, one, two)) : lda));
      const merged = weights.map((w) => along(w, merging));
      const { low, theta } = found();
      const arrays = {
        "0.1.y": separated,
        "0.2.y": merged,
        "0.3.y": weights.map((w) => least(rough.map((each) => along(w, each)))),
        "0.4.y": weights.map((w, k) => (between(w) ? separated : merged)[k]),
        "2.0.y": standardized(p, gap, one, two, lda),
        "2.1.y": standardized(p, gap, one, two, merging),
        ...at("2.2", apart ? NaN : 0, 0.5),
        ...at("0.5", p, low),
        ...at("0.6", p, here(named)),
        ...at("1.6", 0.5 * gap_x, 0.5 * gap_y),
        ...at("1.7", -0.5 * gap_x, -0.5 * gap_y),
      };
      [...rings, ...[lda, merging, theta, named].map(line)].forEach(([x, y], k) => {
        arrays[`1.${k}.x`] = x;
        arrays[`1.${k}.y`] = y;
      });
      return arrays;
    },
    standings: () => [shiftStanding(here, apart, separates, lda, merging, flat)],
  };
}

// The density along theta, in standard deviations from the mean.
function standardized(p, gap, one, two, theta) {
  const far = dot(theta, gap);
  const [var1, var2] = [quadratic(theta, one), quadratic(theta, two)];
  const scale = Math.sqrt(p * var1 + (1 - p) * var2 + p * (1 - p) * far ** 2);
  return linspace(-4, 4, 321).map((z) => {
    const first = p * gauss(scale * z, (1 - p) * far, var1);
    return scale * (first + (1 - p) * gauss(scale * z, -p * far, var2));
  });
}

function shiftStanding(here, apart, separates, lda, merging, flat) {
  if (!apart) return ["outside", {}];
  const [name, theta] = separates ? ["LDA", lda] : ["merging", merging];
  const { low, theta: other } = best(here);
  const kappa = here(theta);
  if (flat) return ["fails_flat", { name, least: low }];
  if (kappa <= low + CLOSE) return ["holds", { name, kappa }];
  const sides = [1, -1].map((s) => Math.hypot(theta[0] - s * other[0], theta[1] - s * other[1]));
  const degrees = (2 * Math.atan2(...sides.sort((a, b) => a - b)) * 180) / Math.PI;
  return [failure(kappa, low), { name, kappa, least: low, apart: degrees }];
}

// The squared distance of the projected means with the least kurtosis; NaN where all are alike.
function bestBetween(p, gap, var1, var2) {
  const [alpha, difference] = [p * (1 - p), var1 - var2];
  const within = p * var1 + (1 - p) * var2;
  const leading = Math.abs(1 - 6 * alpha) < 4e-16 ? 0 : 1 - 6 * alpha;
  const cross = 6 * (1 - 2 * p) * difference;
  const slope = 2 * leading * within - alpha * cross;
  const offset = cross * within - 6 * alpha * difference ** 2;
  if (slope === 0 && offset === 0) return NaN;
  const largest = gap ** 2;
  if (slope > 0) return Math.min(Math.max(0 - offset / slope, 0), largest);
  const merged = kurtosis(p, 0, within, difference);
  return merged <= kurtosis(p, largest, within, difference) ? 0 : largest;
}

// For each ratio of the standard deviations: where merging ends, where separating begins and ends, where
// merging is best again.
function boundaries(gap, sigma2, ratios) {
  const weights = Float64Array.from({ length: 200 }, (_, k) => (k + 0.5) / 200);
  const rows = Array.from(ratios, (ratio) => {
    const found = weights.map((w) => bestBetween(w, gap, (ratio * sigma2) ** 2, sigma2 ** 2));
    const others = weights.filter((_, k) => !(found[k] <= 0));
    const separate = weights.filter((_, k) => found[k] >= gap ** 2);
    return [
      found[0] <= 0 ? others[0] ?? 1 : 0,
      separate[0] ?? NaN,
      separate.at(-1) ?? NaN,
      found.at(-1) <= 0 ? others.at(-1) ?? 0 : 1,
    ];
  });
  return [0, 1, 2, 3].map((k) => rows.map((row) => row[k]));
}

export function phase_map(values, { ratios }) {
  const { p, separation, sigma1, sigma2 } = values;
  const gap = Math.max(separation, 1e-3 * Math.min(sigma1, sigma2));
  const found = bestBetween(p, gap, sigma1 ** 2, sigma2 ** 2);
  const between = Number.isNaN(found) ? gap ** 2 : found;
  const angle = (Math.acos(Math.sqrt(between) / gap) * 180) / Math.PI;
  const [, within, difference] = parts(values);
  const low = kurtosis(p, Math.sqrt(between) ** 2, within, difference);
  let phase = "between";
  if (!separation || Number.isNaN(found)) phase = "indifferent";
  else if (found <= 0) phase = "merge";
  else if (found >= gap ** 2) phase = "separate";
  const ratio = Math.min(Math.max(sigma1 / sigma2, ratios[0]), ratios.at(-1));
  return {
    text: () => [phase, { least: low, angle }],
    arrays() {
      const [merged, first, last, released] = boundaries(gap, sigma2, ratios);
      return {
        "0.0.low": first,
        "0.0.high": last,
        "0.1.high": merged,
        "0.2.low": released,
        ...at("0.5", ratio, p),
        "1.1.y": linspace(0, 90, 181).map((degrees) => {
          const along = Math.cos((degrees * Math.PI) / 180) * separation;
          return kurtosis(p, along ** 2, within, difference);
        }),
        ...at("1.2", angle, low),
      };
    },
    standings: () => [kurtosisStanding(values)],
  };
}

// The moments of scaled ELUs layer by layer, as in theory/selu.py.
import { at, erfcx, geomspace, ndtr, sum } from "./numbers.js";

const ALPHA = 1.6732632423543772;
const LAMBDA = 1.0507009873554805;
const NARROW = 0.05; // standard deviation of z below which the closed forms cancel

const density = (m, v) => Math.exp((-m * m) / (2 * v)) / Math.sqrt(2 * Math.PI);

// E[e^(kz); z < 0] for z ~ N(m, v)
function tilted(m, v, k) {
  const x = (m + k * v) / Math.sqrt(v);
  if (x > 0) return (erfcx(x / Math.SQRT2) / 2) * Math.exp((-m * m) / (2 * v));
  return Math.exp(k * m + (k * k * v) / 2) * ndtr(-x);
}

// Mean and variance after one layer.
function momentMap(mean, variance, { omega = 0, tau = 1 } = {}, nodes) {
  const [m, v] = [mean * omega, variance * tau];
  const s = Math.sqrt(v);
  if (s < NARROW) return narrow(m, s, nodes);
  const [below, above, d] = [ndtr(-m / s), ndtr(m / s), density(m, v)];
  const [once, twice] = [tilted(m, v, 1), tilted(m, v, 2)];
  const p1 = m * above + s * d;
  const p2 = (m * m + v) * above + m * s * d;
  const first = p1 + ALPHA * (once - below);
  let spread;
  if (m < 0) {
    const h1 = p1 + ALPHA * above + ALPHA * once;
    spread = p2 + 2 * ALPHA * p1 + ALPHA ** 2 * (above + twice) - h1 ** 2;
  } else {
    const [l1, l2] = [m * below - s * d, (m * m + v) * below - m * s * d];
    const cross = (m + v) * once - s * d;
    const g1 = ALPHA * (once - below) - l1;
    const g2 = ALPHA ** 2 * (twice - 2 * once + below) - 2 * ALPHA * (cross - l1) + l2;
    spread = v + 2 * v * (ALPHA * once - below) + g2 - g1 ** 2;
  }
  return [LAMBDA * first, LAMBDA ** 2 * spread];
}

// The same by quadrature on both sides of the kink.
function narrow(m, s, { points, weights }) {
  const cut = Math.min(Math.max(-m / s, -9), 9);
  const values = [];
  const shares = [];
  for (const [low, high] of [[-9, cut], [cut, 9]]) {
    points.forEach((point, k) => {
      const half = (high - low) / 2;
      const t = low < cut ? low + half * (point + 1) : high - half * (1 - point);
      const z = m + s * t;
      values.push(z > 0 ? z : ALPHA * Math.expm1(z));
      shares.push((half * weights[k] * Math.exp((-t * t) / 2)) / Math.sqrt(2 * Math.PI));
    });
  }
  const centre = sum(values.map((value, k) => shares[k] * value));
  const spread = sum(values.map((value, k) => shares[k] * (value - centre) ** 2));
  return [LAMBDA * centre, LAMBDA ** 2 * spread];
}

// Largest modulus of the eigenvalues of the map's derivative at (0, 1).
function radiusAtTarget(omega, tau) {
  const [m, v] = [0, tau];
  const s = Math.sqrt(v);
  const [once, twice, d] = [tilted(m, v, 1), tilted(m, v, 2), density(m, v)];
  const [below, above] = [0.5, 0.5];
  const positive = s * d;
  const mean = LAMBDA * (positive + ALPHA * (once - below));
  const slope = LAMBDA * (above + ALPHA * once);
  const curvature = LAMBDA * (ALPHA * once + ((1 - ALPHA) * d) / s);
  const squareM = 2 * LAMBDA ** 2 * (positive + ALPHA ** 2 * (twice - once));
  const squareV = LAMBDA ** 2 * (above + ALPHA ** 2 * (2 * twice - once));
  const [a, b] = [omega * slope, (tau * curvature) / 2];
  const [c, e] = [omega * (squareM - 2 * mean * slope), tau * (squareV - mean * curvature)];
  const [half, product] = [(a + e) / 2, a * e - b * c];
  const root = half * half - product;
  return root < 0 ? Math.sqrt(product) : Math.abs(half) + Math.sqrt(root);
}

// Moments after one more layer; a fixed point stays where it is, though it may repel what rounding
// makes of it.
function next(m, variance, weights, nodes) {
  const v = Math.max(variance, 1e-30);
  const [newM, newV] = momentMap(m, v, weights, nodes);
  const moved = Math.max(Math.abs(newM - m) / Math.sqrt(v), Math.abs(newV / v - 1));
  return moved < 1e-12 ? [m, v] : [newM, newV];
}

// Moments before the first layer and after each one.
function iterate(mean, variance, layers, weights, nodes) {
  const found = [[mean, variance]];
  for (let layer = 0; layer < layers; layer++) {
    const [m, v] = found[layer];
    found.push(next(m, v, weights, nodes));
  }
  return [found.map(([m]) => m), found.map(([, v]) => v)];
}

const plain = (value, rounding = 1e-6) => (Math.abs(value) < rounding ? 0 : value);

export function selu_moments(values, { nodes, starts, layers }) {
  const { mean, variance, omega, tau } = values;
  const weights = { omega, tau };
  const path = () => iterate(mean, variance, layers, weights, nodes);
  const after = momentMap(mean, variance, weights, nodes);
  const radius = radiusAtTarget(omega, tau);
  const shown = (list) => list.map((v) => Math.max(v, 1e-4));
  return {
    text() {
      const [means, variances] = path();
      const [next_mean, next_variance] = [plain(after[0]), after[1]];
      const [last_mean, last_variance] = [plain(means[layers]), plain(variances[layers], 1e-25)];
      const numbers = { next_mean, next_variance, last_mean, last_variance };
      return ["", { ...numbers, count: layers, radius }];
    },
    arrays() {
      const [means, variances] = path();
      const arrays = {
        "0.6.x": means,
        "0.6.y": shown(variances),
        ...at("0.7", mean, variance),
        "0.8.x": means.slice(1),
        "0.8.y": shown(variances.slice(1)),
        "1.1.y": geomspace(0.01, 100, 161).map((v) => momentMap(mean, v, weights, nodes)[1]),
        ...at("1.2", variance, after[1]),
      };
      starts.forEach(([m, v], k) => {
        const [theirMeans, theirVariances] = iterate(m, v, layers, weights, nodes);
        arrays[`0.${k}.x`] = theirMeans;
        arrays[`0.${k}.y`] = shown(theirVariances);
      });
      return arrays;
    },
    standings: () => [constants(mean, variance, nodes), contraction(values, radius, nodes)],
  };
}

function constants(mean, variance, nodes) {
  const [m, v] = momentMap(mean, variance, {}, nodes);
  const stays = Math.max(Math.abs(m - mean), Math.abs(v - variance)) < 1e-12;
  return [stays ? "holds" : "outside", { new_mean: plain(m), new_variance: v }];
}

function contraction({ mean, variance, omega, tau }, radius, nodes) {
  let [m, v] = [mean, variance];
  for (let layer = 1; layer <= 40; layer++) {
    const [lastM, lastV] = [m, v];
    [m, v] = next(m, v, { omega, tau }, nodes);
    const near = Math.max(Math.abs(m), Math.abs(v - 1));
    if (v < Math.min(1e-6, lastV)) return ["fails_dead", { m, layers: layer }];
    if (Math.max(v, Math.abs(m)) > 1e6) return ["fails_grows", { layers: layer, m, v }];
    if (tau === 1 && radius < 1 && near < 1e-3) return ["holds", { layers: layer }];
    const rests = Math.abs(m - lastM) < 1e-4 && Math.abs(v - lastV) < 1e-4 * v;
    if (rests && near > 0.01) return ["fails_elsewhere", { m, v }];
  }
  if (tau !== 1) return ["fails_unfixed", { m, v }];
  return radius >= 1 ? ["fails_repels", { radius }] : ["undecided", { m, v }];
}

// What a layer does again and again: correlations of gradients, as in
// theory/gradient_correlation.py, and the moments of scaled ELUs, as in theory/selu.py.
import {
  erfcx, exponential, fixed, general, geomspace, ndtr, sum,
} from "./numbers.js";

const BATCH_MEAN = 1 / Math.PI;

// The arc-cosine kernels of order 0 and 1.
function kernels(rho) {
  const open = Math.PI - Math.acos(rho);
  return [open / Math.PI, (Math.sqrt(1 - rho * rho) + open * rho) / Math.PI];
}

const coactivation = (rho) => kernels(rho)[0] / 2;

// Correlations of what enters the rectifiers 1 to depth, and of the gradients at depth 0, 1, ...
function correlations(rho, depth, network = "plain", { beta = 1, bias = 0 } = {}) {
  const [forward, gradient] = [[rho], [1]];
  let size = 1;
  for (let layer = 0; layer < depth; layer++) {
    const now = forward[layer];
    let [factor, next] = kernels(now);
    if (network === "plain") {
      const share = size / (size + bias);
      next = share * next + 1 - share;
      size += bias;
    } else if (network === "plain+BN") {
      next = (next - BATCH_MEAN) / (1 - BATCH_MEAN);
    } else {
      const removed = network === "residual+BN" ? BATCH_MEAN : 0;
      const branch = beta ** 2 / (removed ? size : 1);
      factor = (1 + branch * factor) / (1 + branch);
      next = (now + branch * (next - removed)) / (1 + branch * (1 - removed));
      size += beta ** 2 * (1 - removed);
    }
    forward.push(Math.min(Math.max(next, -1), 1));
    gradient.push(gradient[layer] * factor);
  }
  return { forward: forward.slice(0, -1), gradient };
}

export function gradient_decay(values, { biases }) {
  const { depth, width, init, bn, beta, rho } = values;
  const base = bn === "with" ? "+BN" : "";
  const bias = bn === "without" ? biases[init] : 0;
  const { forward, gradient: plain } = correlations(rho, 60, `plain${base}`, { bias });
  const skips = correlations(rho, 60, `residual${base}`).gradient;
  const scaled = correlations(rho, 60, `residual${base}`, { beta }).gradient;
  const at = Math.min(depth, 60);
  return {
    text: `Depth ${at} ${bn} BN, inputs of correlation ${general(rho, 3)}: gradients correlate `
      + `${general(plain[at], 3)} in a plain network (${init}), ${general(skips[at], 3)} with `
      + `skips, ${general(scaled[at], 3)} with β = ${general(beta, 3)}; 2^-${at} is `
      + `${general(0.5 ** at, 3)}. Co-activation ${general(coactivation(forward[at - 1]), 3)}. `
      + `One network of width ${width} strays from this.`,
    arrays: {
      "0.1.y": plain,
      "0.2.y": skips,
      "0.3.y": scaled,
      "0.5.x": [at],
      "1.1.y": correlations(rho, 60, "plain", { bias }).forward.map(coactivation),
      "1.2.y": correlations(rho, 60, "plain+BN").forward.map(coactivation),
      "1.3.x": [at],
    },
    standings: [
      ["shattered.decay", ...decay(depth, init, bn, biases)],
      ["shattered.coactivation-depth", "holds", growth(depth)],
      ["shattered.batchnorm-quarter", ...quarter(depth, bn)],
      ["shattered.similar-inputs", ...subsets(depth, beta)],
      ["shattered.skip", ...skip(depth, beta)],
      ["shattered.resilience", ...resilience(depth)],
      ["shattered.shallow-paths", ...paths(depth, beta, bn)],
    ],
  };
}

function decay(depth, init, bn, biases) {
  const law = "the correlation of gradients falls as 1/2^L: ";
  if (bn === "with") {
    const value = exponential(0.5 ** depth, 2);
    return ["holds", `${law}2^-${depth} = ${value} in wide networks, as batch normalization keeps `
      + "the co-activation at 1/4"];
  }
  const value = correlations(0, depth, "plain", { bias: biases[init] }).gradient[depth];
  const ratio = value / 0.5 ** depth;
  const near = Math.abs(ratio - 1) < 0.05;
  const text = `${law}${near ? "" : "not here, "}${general(value, 3)} in wide networks, `
    + `${general(ratio, 3)} times 2^-${depth}`;
  if (near) return ["holds", text];
  if (init !== "LeCun 1/n") return ["fails", text];
  return ["fails", `${text}; it is the gradients' variance that halves a layer`];
}

function growth(depth) {
  const share = correlations(0, depth + 1).forward.map(coactivation);
  return "the co-activation goes higher with depth: orthogonal inputs share "
    + `${fixed(share[depth - 1], 4)} of the units in layer ${depth}, ${fixed(share[depth], 4)} in `
    + "the next";
}

function quarter(depth, bn) {
  if (bn === "without") {
    const share = coactivation(correlations(0, depth).forward[depth - 1]);
    return ["outside", "without batch normalization orthogonal inputs share "
      + `${fixed(share, 3)} in layer ${depth}`];
  }
  const near = coactivation(correlations(0.9, depth, "plain+BN").forward[depth - 1]);
  const kept = "batch normalization keeps the co-activation at 1/4: ";
  if (near > 0.26) {
    return ["fails", `${kept}not for inputs of correlation 0.9, which share ${fixed(near, 3)} in `
      + `layer ${depth}; two typical inputs do, and active are 1/2`];
  }
  return ["holds", `${kept}so it does for two typical inputs, and for those of correlation 0.9 it `
    + `is ${fixed(near, 3)} in layer ${depth}; active are 1/2`];
}

function skip(depth, beta) {
  const plain = correlations(0, depth).gradient[depth];
  const ours = correlations(0, depth, "residual", { beta }).gradient[depth];
  const one = correlations(0, depth, "residual").gradient[depth];
  const text = `plain ${general(plain, 3)}, skips ${general(one, 3)}, `
    + `with β ${general(ours, 3)}`;
  if (beta > 1) {
    return ["outside", `β above 1 scales the branch up, which the note does not mean: ${text}`];
  }
  const slow = "skips slow the decay of the correlation, and a smaller β slows it further: ";
  if (plain < one && one <= ours) return ["holds", slow + text];
  return ["fails", `${slow}not here, ${text}`];
}

function subsets(depth, beta) {
  const share = (rho, network, options) => coactivation(
    correlations(rho, depth, network, options).forward[depth - 1],
  );
  const [far, near] = [0, 0.95].map((rho) => share(rho, "residual", { beta }));
  const without = [0, 0.95].map((rho) => fixed(share(rho, "plain"), 3)).join(" and ");
  const holds = near - far > 0.05;
  return [holds ? "holds" : "fails", "skips keep similar inputs apart from different ones: "
    + `${holds ? "" : "hardly here, "}in layer ${depth} inputs of correlation 0 and 0.95 share `
    + `${fixed(far, 3)} and ${fixed(near, 3)} of the units, ${without} without`];
}

function resilience(depth) {
  const [plain, bn, skips, both] = ["plain", "plain+BN", "residual", "residual+BN"].map(
    (network) => correlations(0, depth, network).gradient[depth],
  );
  const holds = bn >= plain * (1 - 1e-9) && Math.min(skips, both) > plain;
  const shown = [plain, bn, skips, both].map((value) => exponential(value, 2));
  return [holds ? "holds" : "fails", `BN and skips are more resilient: ${holds ? "" : "not BN: "}`
    + `${depth} layers without them ${shown[0]}, with BN ${shown[1]}, with skips ${shown[2]}, `
    + `with both ${shown[3]}`];
}

function paths(depth, beta, bn) {
  let [size, mean] = [1, 0];
  for (let block = 0; block < depth; block++) {
    const branch = beta ** 2 / size;
    mean += branch / (1 + branch);
    if (bn === "with") size += beta ** 2 * (1 - BATCH_MEAN);
  }
  const holds = mean <= Math.max(depth / 4, 2);
  return [holds ? "holds" : "fails", "an ensemble of shallow networks: "
    + `${holds ? "" : "not here, "}the paths that carry the gradient have a mean length of `
    + `${general(mean, 3)} of ${depth} blocks`];
}

// ---- scaled ELUs ----

const ALPHA = 1.6732632423543772;
const LAMBDA = 1.0507009873554805;
const NARROW = 0.05; // deviation of z below which the closed forms cancel

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

// Moments before the first layer and after each one.
function iterate(mean, variance, layers, weights, nodes) {
  const found = [[mean, variance]];
  for (let layer = 0; layer < layers; layer++) {
    const [m, v] = found[layer];
    found.push(momentMap(m, Math.max(v, 1e-30), weights, nodes));
  }
  return [found.map(([m]) => m), found.map(([, v]) => v)];
}

const plain = (value) => general(Math.abs(value) < 1e-6 ? 0 : value, 3);

export function selu_moments(values, { nodes, starts, layers }) {
  const { mean, variance, omega, tau } = values;
  const weights = { omega, tau };
  const [means, variances] = iterate(mean, variance, layers, weights, nodes);
  const after = momentMap(mean, variance, weights, nodes);
  const radius = radiusAtTarget(omega, tau);
  const shown = (list) => list.map((v) => Math.max(v, 1e-4));
  const arrays = {
    "0.6.x": means,
    "0.6.y": shown(variances),
    "0.7.x": [mean],
    "0.7.y": [variance],
    "0.8.x": means.slice(1),
    "0.8.y": shown(variances.slice(1)),
    "1.1.y": geomspace(0.01, 100, 161).map((v) => momentMap(mean, v, weights, nodes)[1]),
    "1.2.x": [variance],
    "1.2.y": [after[1]],
  };
  starts.forEach(([m, v], k) => {
    const path = iterate(m, v, layers, weights, nodes);
    arrays[`0.${k}.x`] = path[0];
    arrays[`0.${k}.y`] = shown(path[1]);
  });
  return {
    text: `One layer takes mean ${general(mean, 3)}, variance ${general(variance, 3)} to `
      + `${plain(after[0])}, ${plain(after[1])}; ${layers} layers to ${plain(means[layers])}, `
      + `${plain(variances[layers])}. At (0, 1) the spectral radius is ${general(radius, 3)}.`,
    arrays,
    standings: [
      ["selu.constants", ...constants(mean, variance, nodes)],
      ["selu.contraction", ...contraction(values, radius, nodes)],
    ],
  };
}

function constants(mean, variance, nodes) {
  const [m, v] = momentMap(mean, variance, {}, nodes);
  if (Math.max(Math.abs(m - mean), Math.abs(v - variance)) < 1e-12) {
    return [
      "holds",
      "the constants make mean 0 and variance 1 a fixed point: one layer leaves them where they are",
    ];
  }
  return ["outside", "the constants are for mean 0 and variance 1: one layer takes "
    + `(${general(mean, 3)}, ${general(variance, 3)}) to (${plain(m)}, ${general(v, 3)})`];
}

function contraction({ mean, variance, omega, tau }, radius, nodes) {
  const target = "contraction to mean 0 and variance 1: ";
  let [m, v] = [mean, variance];
  for (let layer = 1; layer <= 40; layer++) {
    const [lastM, lastV] = [m, v];
    [m, v] = momentMap(m, Math.max(v, 1e-30), { omega, tau }, nodes);
    const near = Math.max(Math.abs(m), Math.abs(v - 1));
    if (v < 1e-6) {
      return ["fails", `${target}not here, the variance is lost, all units at ${general(m, 3)}`];
    }
    if (Math.max(v, Math.abs(m)) > 1e6) {
      return ["fails", `${target}not here, the moments grow without limit (${layer} layers: `
        + `${exponential(v, 1)})`];
    }
    if (tau === 1 && radius < 1 && near < 1e-3) {
      return ["holds", `${target}within 0.001 after ${layer} layers`];
    }
    if (Math.abs(m - lastM) < 1e-4 && Math.abs(v - lastV) < 1e-4 * v && near > 0.01) {
      const [to, spread] = [general(m, 3), general(v, 3)];
      return ["fails", `${target}not here, but to mean ${to}, variance ${spread}`];
    }
  }
  const now = `mean ${general(m, 3)}, variance ${general(v, 3)}`;
  if (tau !== 1) return ["fails", `${target}not here, this is no fixed point; ${now} by now`];
  if (radius >= 1) {
    return ["fails", `${target}not here, this point repels, spectral radius ${fixed(radius, 3)}`];
  }
  return ["undecided", `at ${now} after 40 layers, still moving`];
}

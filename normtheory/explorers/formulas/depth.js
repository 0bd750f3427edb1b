// Correlations of gradients layer by layer, as in theory/gradient_correlation.py.
import { exponential, fixed, general } from "./numbers.js";

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
    get text() {
      return `Depth ${at} ${bn} BN, inputs of correlation ${general(rho, 3)}: gradients correlate `
        + `${general(plain[at], 3)} in a plain network (${init}), ${general(skips[at], 3)} with `
        + `skips, ${general(scaled[at], 3)} with β = ${general(beta, 3)} (both He 2/n); 2^-${at} is `
        + `${general(0.5 ** at, 3)}. Co-activation ${general(coactivation(forward[at - 1]), 3)}. `
        + `One network of width ${width} strays from this.`;
    },
    get arrays() {
      return {
        "0.1.y": plain,
        "0.2.y": skips,
        "0.3.y": scaled,
        "0.5.x": [at],
        "1.1.y": correlations(rho, 60, "plain", { bias }).forward.map(coactivation),
        "1.2.y": correlations(rho, 60, "plain+BN").forward.map(coactivation),
        "1.3.x": [at],
      };
    },
    get standings() {
      return [
        ["shattered.decay", ...decay(depth, init, bn, biases)],
        ["shattered.coactivation-depth", "holds", growth(depth)],
        ["shattered.batchnorm-quarter", ...quarter(depth, bn)],
        ["shattered.similar-inputs", ...subsets(depth, beta)],
        ["shattered.skip", ...skip(depth, beta)],
        ["shattered.resilience", ...resilience(depth)],
        ["shattered.shallow-paths", ...paths(depth, beta, bn)],
      ];
    },
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

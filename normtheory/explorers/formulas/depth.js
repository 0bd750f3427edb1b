// Correlations of gradients layer by layer, as in theory/gradient_correlation.py.
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
  const far = Math.max(depth, 60);
  const { forward, gradient: plain } = correlations(rho, far, `plain${base}`, { bias });
  const skips = correlations(rho, far, `residual${base}`).gradient;
  const scaled = correlations(rho, far, `residual${base}`, { beta }).gradient;
  return {
    text: () => ["", {
      without: plain[depth],
      skipped: skips[depth],
      scaled: scaled[depth],
      half: 0.5 ** depth,
      coactive: coactivation(forward[depth - 1]),
    }],
    arrays: () => ({
      "0.1.y": plain.slice(0, 61),
      "0.2.y": skips.slice(0, 61),
      "0.3.y": scaled.slice(0, 61),
      "0.5.x": [depth],
      "1.1.y": correlations(rho, 60, "plain", { bias }).forward.map(coactivation),
      "1.2.y": correlations(rho, 60, "plain+BN").forward.map(coactivation),
      "1.3.x": [depth],
    }),
    standings: () => [
      decay(depth, init, bn, biases),
      growth(depth),
      quarter(depth, bn),
      subsets(depth, beta),
      skip(depth, beta),
      resilience(depth),
      paths(depth, beta, bn),
    ],
  };
}

function decay(depth, init, bn, biases) {
  if (bn === "with") return ["holds_bn", { value: 0.5 ** depth }];
  const value = correlations(0, depth, "plain", { bias: biases[init] }).gradient[depth];
  const ratio = value / 0.5 ** depth;
  if (Math.abs(ratio - 1) < 0.05) return ["holds", { value, ratio }];
  return [init === "LeCun 1/n" ? "fails_lecun" : "fails", { value, ratio }];
}

function growth(depth) {
  const [here, after] = correlations(0, depth + 1).forward.map(coactivation).slice(-2);
  return ["holds", { here, after }];
}

function quarter(depth, bn) {
  if (bn === "without") {
    return ["outside", { here: coactivation(correlations(0, depth).forward[depth - 1]) }];
  }
  const share = coactivation(correlations(0.9, depth, "plain+BN").forward[depth - 1]);
  return [share <= 0.26 ? "holds" : "fails", { share }];
}

function skip(depth, beta) {
  const plain = correlations(0, depth).gradient[depth];
  const ours = correlations(0, depth, "residual", { beta }).gradient[depth];
  const one = correlations(0, depth, "residual").gradient[depth];
  const holds = plain < one && one <= ours ? "holds" : "fails";
  return [beta > 1 ? "outside" : holds, { plain, one, ours }];
}

function subsets(depth, beta) {
  const share = (rho, network, options) => coactivation(
    correlations(rho, depth, network, options).forward[depth - 1],
  );
  const [far, near] = [0, 0.95].map((rho) => share(rho, "residual", { beta }));
  const [plain_far, plain_near] = [0, 0.95].map((rho) => share(rho, "plain"));
  const holds = near - far > Math.max(0.05, plain_near - plain_far + 1e-9);
  return [holds ? "holds" : "fails", { far, near, plain_far, plain_near }];
}

function resilience(depth) {
  const [plain, normed, one, both] = ["plain", "plain+BN", "residual", "residual+BN"].map(
    (network) => correlations(0, depth, network).gradient[depth],
  );
  const holds = Math.min(normed, one, both) > plain * (1 + 1e-9);
  return [holds ? "holds" : "fails", { plain, normed, one, both }];
}

function paths(depth, beta, bn) {
  let [size, mean] = [1, 0];
  for (let block = 0; block < depth; block++) {
    const branch = beta ** 2 / size;
    mean += branch / (1 + branch);
    if (bn === "with") size += beta ** 2 * (1 - BATCH_MEAN);
  }
  return [mean <= Math.max(depth / 4, 2) ? "holds" : "fails", { mean }];
}

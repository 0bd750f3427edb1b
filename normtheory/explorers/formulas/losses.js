// The variance constancy loss as it is trained, as in theory/variance_rules.py and
// theory/two_batch_loss.py.
import {
  at, gauss, geomspace, halves, linspace, logGammaHalf, sum,
} from "./numbers.js";

const hasRule = (law, n) => n === 2 || law === "normal" || law === "two-point";

// The nodes of `rule` from y = start on in equal steps: [u, weight] each.
function nodes(start, stop, step, rule) {
  const count = Math.ceil((stop - start) / step);
  return Array.from({ length: count }, (_, k) => rule(start + k * step));
}

// The distribution of s^2 / sigma^2 for n draws as nodes and weights.
function varianceRule(law, n) {
  if (law === "two-point") {
    return halves(n).map((weight, j) => [(4 * j * (n - j)) / (n * (n - 1)), weight]);
  }
  if (law === "normal") {
    const half = (n - 1) / 2;
    const step = Math.min(0.2, 0.5 / Math.sqrt(half));
    const total = logGammaHalf(n - 1);
    return nodes(-80 / Math.max(half, 1) - 3, Math.log(half + 1) + 5, step, (y) => [
      Math.exp(y) / half,
      step * Math.exp(half * y - Math.exp(y) - total),
    ]);
  }
  // at n = 2 from the density of the difference d of two draws: u = d^2 / (2 sigma^2)
  if (law === "uniform") {
    return nodes(-4.4, 3.4, 0.02, (tau) => {
      const lower = 1 / (1 + Math.exp(-Math.PI * Math.sinh(tau)));
      const slope = (Math.PI * Math.cosh(tau) * lower) / (1 + Math.exp(Math.PI * Math.sinh(tau)));
      return [6 * lower ** 2, 0.02 * 2 * (1 - lower) * slope];
    });
  }
  const [within, far] = [16 / 43, 3 * Math.sqrt(16 / 43)];
  const density = law === "laplace"
    ? (d) => ((1 + d * Math.SQRT2) * Math.exp(-d * Math.SQRT2)) / Math.SQRT2
    : (d) => 1.25 * gauss(d, 0, 2 * within)
      + 0.375 * (gauss(d, far, 2 * within) + gauss(d, -far, 2 * within));
  return nodes(-45, 5, 0.05, (y) => [Math.exp(2 * y) / 2, 0.05 * Math.exp(y) * density(Math.exp(y))]);
}

const expected = (rule, f) => rule.reduce((total, [u, w]) => total + w * f(u), 0);

function expectedLoss(rule, ratio) {
  const [first, second] = [expected(rule, (u) => u), expected(rule, (u) => u * u)];
  const inverse = expected(rule, (u) => 1 / (ratio * u + 1));
  const square = expected(rule, (u) => 1 / (ratio * u + 1) ** 2);
  return 1 - 2 * ratio * first * inverse + ratio ** 2 * second * square;
}

function lossSlope(rule, ratio) {
  const [first, second] = [expected(rule, (u) => u), expected(rule, (u) => u * u)];
  const square = expected(rule, (u) => (ratio * u + 1) ** -2);
  const cube = expected(rule, (u) => (ratio * u + 1) ** -3);
  return -2 * ratio * first * square + 2 * ratio ** 2 * second * cube;
}

// Standard deviation of the loss over its mean.
function lossError(rule, ratio) {
  const fourth = sum([1, -4, 6, -4, 1].map((factor, k) => {
    const inverse = expected(rule, (u) => (1 / (ratio * u + 1)) ** k);
    return factor * ratio ** k * expected(rule, (u) => u ** k) * inverse;
  }));
  const loss = expectedLoss(rule, ratio);
  return Math.sqrt(fourth - loss ** 2) / loss;
}

function gradientBound(n, beta, scale) {
  if (beta === 0) return NaN;
  const variance = scale ** 2;
  const growth = Math.max(1, variance / beta);
  const second = ((3 * Math.sqrt(3)) / 16) * (variance / beta ** 1.5);
  return (4 * growth * Math.hypot(scale / beta, second)) / Math.sqrt(n - 1);
}

export function trained_loss(values) {
  const { beta, n, law, sigma, scale } = values;
  const rule = hasRule(law, n) ? varianceRule(law, n) : null;
  const ratio = sigma ** 2 / beta;
  const finite = rule && beta > 0;
  const here = finite ? expectedLoss(rule, ratio) : NaN;
  const slope = finite ? lossSlope(rule, ratio) : NaN;
  const scales = geomspace(0.05, 100, 81);
  let known = "without";
  if (beta && !rule) known = "unknown";
  else if (beta) known = Number.isFinite(ratio) ? "" : "lost";
  return {
    text: () => [known, { ratio, loss: here, force: -slope }],
    arrays: () => ({
      "0.1.y": geomspace(1e-2, 1e4, 121).map((t) => (rule ? expectedLoss(rule, t) : NaN)),
      ...at("0.2", beta > 0 ? Math.min(ratio, 1e9) : NaN, here),
      "1.0.y": scales.map((c) => gradientBound(n, 0.1, c)),
      "1.1.y": scales.map((c) => gradientBound(n, 1, c)),
      "1.2.y": scales.map((c) => gradientBound(n, 10, c)),
      "1.3.y": scales.map((c) => gradientBound(n, beta, c)),
      "1.4.x": [scale],
      ...at("1.5", scale, gradientBound(n, beta, scale)),
    }),
    standings: () => [
      growing(beta, rule, ratio, -slope),
      beta ? ["holds", { bound: gradientBound(n, beta, scale) }] : ["fails", {}],
      ["holds", {}],
    ],
  };
}

function growing(beta, rule, ratio, force) {
  if (!beta) return ["outside_domain", {}];
  if (!rule) return ["undecided", {}];
  return [force > 0 ? "holds" : "fails", { ratio, force }];
}

export function moment_estimation(values, { spread }) {
  const { N, n, beta, law } = values;
  const rule = hasRule(law, n) ? varianceRule(law, n) : null;
  const fourth = (size) => Math.sqrt(spread[law] / size);
  const vcl = rule ? lossError(rule, 1 / beta) : NaN;
  const [here, both, double] = [fourth(N), 2 * n, 2 * N];
  return {
    text: () => [rule ? "" : "unknown", { fourth: here, vcl, both }],
    labels: { "1.2": `N = ${N}` },
    arrays: () => ({
      "0.0.y": linspace(4, 256, 64).map(fourth),
      "0.1.y": [vcl],
      ...at("0.2", N, here),
      "1.0.edges": [0, n],
      "1.1.edges": [n, 2 * n],
      "1.2.x": [N],
    }),
    standings: () => [
      rule
        ? [here > vcl ? "holds" : "fails", { fourth: here, vcl }]
        : ["undecided", { fourth: here }],
      n < double ? [both <= N ? "holds" : "fails", { both }] : ["outside", { double }],
    ],
  };
}

// KL(N(mean, sigma^2) || N(0, 1)), as in theory/standardization.py.
function divergence(mean, sigma) {
  const log = 2 * Math.log(sigma);
  return (mean ** 2 + Math.expm1(log) - log) / 2;
}

export function standardization_loss({ mu, sigma }) {
  const [loss, other] = [divergence(mu, sigma), divergence(2 * mu, 2 * sigma)];
  const drawn = (value) => Math.max(value, 1e-3);
  return {
    text: () => ["", { loss, centre: mu ** 2 / 2, spread: divergence(0, sigma) }],
    arrays: () => ({
      "0.1.y": linspace(-8, 8, 321).map((x) => Math.min(gauss(x, mu, sigma ** 2), 1.2)),
      "0.2.x": [mu],
      "1.1.y": geomspace(0.1, 10, 161).map((s) => drawn(divergence(mu, s))),
      ...at("1.2", sigma, drawn(loss)),
    }),
    standings: () => [
      ["holds", { loss }],
      [Math.abs(other - loss) < 1e-3 ? "holds" : "fails", { loss, other }],
    ],
  };
}

// What normalizations handle and cost, as in theory/normalization_cost.py, the norms of normalised
// batches, and eigenvalues of a block of the Fisher matrix.
import { at, geomspace, linspace, mean } from "./numbers.js";

const norm = (x, p) => mean(x.map((v) => Math.abs(v) ** p)) ** (1 / p);

// The centred batch over its norm; NaN for a constant one.
function normalised(x, p) {
  const centre = mean(x);
  const centred = x.map((v) => v - centre);
  const scale = x.every((v) => v === x[0]) ? NaN : norm(centred, p);
  return centred.map((v) => v / scale);
}

export function lp_normalization(values, { batches }) {
  const { p, gamma, beta, batch } = values;
  const h = batches[batch];
  const shifted = (power) => normalised(h, power).map((v) => gamma * v + beta);
  const [xi, psi] = [norm(normalised(h, p), p), shifted(p)];
  const [value, bound] = [norm(psi, p), Math.abs(gamma) + Math.abs(beta)];
  return {
    text: () => [Number.isNaN(xi) ? "constant" : "", { xi, value, bound }],
    arrays: () => ({
      "0.0.y": h.toSorted((a, b) => a - b),
      "0.1.y": psi.toSorted((a, b) => a - b),
      "1.0.y": [bound],
      "1.1.y": linspace(0.25, 4, 61).map((power) => norm(shifted(power), power)),
      ...at("1.2", p, value),
    }),
    standings: () => [
      Number.isNaN(xi)
        ? ["fails_constant", {}]
        : [value <= bound * (1 + 1e-9 + 1e-15 / p) ? "holds" : "fails", { xi, value, bound }],
    ],
  };
}

export function fisher_blocks({ d, spread }, { close }) {
  const degrees = (180 / Math.PI) * Math.asin((spread - 1) / (spread + 1));
  return {
    text: () => ["", {}],
    labels: { "0.1": `${d} of each` },
    arrays: () => ({ "0.1.y": linspace(0, 1, 101).map((share) => spread ** (share - 0.5)) }),
    standings: () => [
      [spread < close ? "holds" : "fails", { close }],
      [spread === 1 ? "holds" : "fails", { degrees }],
    ],
  };
}

export function projection_cost({ b, d, s }) {
  const counts = [
    (u) => 4 * b * u * s, (u) => (8 * b + 2) * u, (u) => (4 * b + 7) * u, (u) => 3 * b * u + 117 * b,
  ];
  const [projections, bn, vcl, closed] = counts.map((f) => f(d));
  const numbers = { projections, bn, vcl, closed };
  return {
    text: () => ["", numbers],
    arrays() {
      const arrays = { "0.4.x": [d], ...at("0.5", d, projections) };
      counts.forEach((count, k) => { arrays[`0.${k}.y`] = geomspace(1, 4096, 25).map(count); });
      return arrays;
    },
    standings: () => [["holds", numbers]],
  };
}

export function weight_norm_cost({ batch, fan_in, positions }) {
  const rows = batch * positions;
  const [bn, wn, layer] = [12 * rows + 8, 8 * fan_in + 5, 6 * rows * fan_in];
  return {
    text: () => ["", { bn, wn, layer }],
    arrays: () => ({
      "0.0.y": geomspace(2, 512, 60).map((size) => 12 * size * positions + 8),
      "0.1.y": geomspace(2, 512, 60).fill(wn),
      ...at("0.2", batch, bn),
      ...at("0.3", batch, wn),
      "1.0.y": geomspace(8, 4096, 60).fill(bn),
      ...at("1.2", fan_in, bn),
      ...at("1.3", fan_in, wn),
    }),
    standings: () => [[bn > wn ? "holds" : "fails", { bn, wn, ratio: bn / wn }]],
  };
}

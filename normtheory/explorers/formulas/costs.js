// What normalizations handle and cost, as in theory/normalization_cost.py, and the norms of
// normalised batches.
import { fixed, general, geomspace, linspace, mean } from "./numbers.js";

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
    get text() {
      return `${batch} batch, p = ${general(p, 3)}: ‖ξ‖ₚ = ${general(xi, 4)}, ‖ψ‖ₚ = `
        + `${general(value, 4)}, |γ| + |β| = ${general(bound, 4)}.`;
    },
    get arrays() {
      return {
        "0.0.y": h.toSorted((a, b) => a - b),
        "0.1.y": psi.toSorted((a, b) => a - b),
        "1.0.y": [bound],
        "1.1.y": linspace(0.25, 4, 61).map((power) => norm(shifted(power), power)),
        "1.2.x": [p],
        "1.2.y": [value],
      };
    },
    get standings() {
      return [["per.lp-normalization", ...normStanding(xi, value, bound)]];
    },
  };
}

function normStanding(xi, value, bound) {
  if (Number.isNaN(xi)) {
    return ["fails", "Eq. 9: ‖ξ‖_p = 1 for any batch: not here, a constant batch gives 0/0"];
  }
  const [one, norm, sum] = [xi, value, bound].map((number) => fixed(number, 4));
  return value <= bound * (1 + 1e-9)
    ? ["holds", `Eq. 9: ‖ξ‖_p = ${one}, and ‖ψ‖_p = ${norm} is not above |γ| + |β| = ${sum}`]
    : ["fails",
      `Eq. 9: ‖ψ‖_p is not above |γ| + |β|: not here, ${norm} against ${sum} (‖ξ‖_p = ${one})`];
}

export function projection_cost({ b, d, s }) {
  const counts = [
    (u) => 4 * b * u * s, (u) => (8 * b + 2) * u, (u) => (4 * b + 7) * u, (u) => 3 * b * u + 117 * b,
  ];
  const [projections, normalization, constancy, closed] = counts.map((f) => general(f(d), 3));
  return {
    get text() {
      return `b = ${b}, d = ${d}, s = ${s}: projections ${projections} operations, BN `
        + `${normalization}, VCL ${constancy}, closed form ${closed}.`;
    },
    get arrays() {
      const arrays = { "0.4.x": [d], "0.5.x": [d], "0.5.y": [counts[0](d)] };
      counts.forEach((count, k) => { arrays[`0.${k}.y`] = geomspace(1, 4096, 25).map(count); });
      return arrays;
    },
    get standings() {
      return [
        [
          "per.complexity", "holds",
          `Sec. 4.3.1: only PER's cost grows with the slices: ${projections} operations, BN `
          + `${normalization}, VCL ${constancy}, and PER's closed form at most ${closed}`,
        ],
      ];
    },
  };
}

export function weight_norm_cost({ batch, fan_in, positions }) {
  const rows = batch * positions;
  const [bn, wn, layer] = [12 * rows + 8, 8 * fan_in + 5, 6 * rows * fan_in];
  const [handled, weighed] = [general(bn, 3), general(wn, 3)];
  const arrays = {
    "0.0.y": geomspace(2, 512, 60).map((size) => 12 * size * positions + 8),
    "0.1.y": geomspace(2, 512, 60).fill(wn),
    "1.0.y": geomspace(8, 4096, 60).fill(bn),
  };
  [batch, fan_in].forEach((at, panel) => [bn, wn].forEach((found, k) => {
    arrays[`${panel}.${2 + k}.x`] = [at];
    arrays[`${panel}.${2 + k}.y`] = [found];
  }));
  return {
    get text() {
      return `Batch ${batch}, fan-in ${fan_in}, kernel at ${positions} places, for each unit: BN `
        + `handles ${handled} numbers, WN ${weighed}, the layer ${general(layer, 3)}.`;
    },
    arrays,
    get standings() {
      return [
        [
          "weightnorm.cost", bn > wn ? "holds" : "fails",
          "batch normalization handles more numbers than weight normalization: "
          + `${bn > wn ? "" : "not here, "}${handled} a unit, against ${weighed} `
          + `(ratio ${general(bn / wn, 3)})`,
        ],
      ];
    },
  };
}

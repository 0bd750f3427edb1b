"""Joo, Kang & Kim (2020): the claims about PER, in the document's order."""

from normtheory.claims.per.complexity import complexity
from normtheory.claims.per.costs import parameter_counts, step_times
from normtheory.claims.per.fisher import fisher_blocks
from normtheory.claims.per.gradient import algorithm, gradient
from normtheory.claims.per.interaction import interaction
from normtheory.claims.per.joint import all_moments, statistics_blind
from normtheory.claims.per.minimiser import pushes_to_normal
from normtheory.claims.per.minkowski import gaussian_measure, minkowski_bound
from normtheory.claims.per.natural_gradient import blocks, close, data_labels, natural
from normtheory.claims.per.normalization import lp_normalization
from normtheory.claims.per.norms import sensitivity
from normtheory.claims.per.pretrained import pretrained_target
from normtheory.claims.per.pseudo_huber import similar
from normtheory.claims.per.reports import bounded_norm, similar_results, sorting, without_changes
from normtheory.claims.per.sliced_equivalence import sliced_equivalence
from normtheory.claims.per.slices import same_coefficient, slices
from normtheory.claims.per.tables import table_statements
from normtheory.claims.per.targets import any_target, rectified, sampled_target
from normtheory.claims.per.variance import variance_to_one
from normtheory.claims.per.wasserstein import wasserstein_bound

CLAIMS = (
    gaussian_measure,
    statistics_blind,
    sliced_equivalence,
    sorting,
    minkowski_bound,
    gradient,
    algorithm,
    slices,
    same_coefficient,
    wasserstein_bound,
    pushes_to_normal,
    variance_to_one,
    all_moments,
    interaction,
    similar,
    sensitivity,
    natural,
    blocks,
    fisher_blocks,
    data_labels,
    close,
    lp_normalization,
    complexity,
    parameter_counts,
    step_times,
    bounded_norm,
    table_statements,
    similar_results,
    without_changes,
    any_target,
    pretrained_target,
    rectified,
    sampled_target,
)

"""Two symbolic derivations of the variance of the sample variance, for every n at once.

Neither assumes a formula for it; the claim of Littwin & Wolf (2018), Eq. 1, is held against both.
"""

import lazy_loader

sp = lazy_loader.load("sympy")  # half a second that no slider waits for


def derive_variance_of_variance():
    """Var(s^2) for symbolic n from index coincidences: no formula for it is assumed.

    s^2 = sum_ij a_ij x_i x_j with a_ii = 1/n and a_ij = -1/(n (n - 1)) otherwise. In E[s^4] a
    quadruple of indices enters only through which of them coincide: one of the 15 set partitions
    of {i, j, k, l}. A partition into r blocks occurs n (n-1) ... (n-r+1) times.

    Returns
    -------
    (expression, raw) : sympy expressions
        The variance in n, m_4, sigma for a centred distribution, and the same in n and the raw
        moments mu, mu_2, mu_3, mu_4 of a distribution with any mean.
    """
    n, m4, sigma = sp.symbols("n m_4 sigma", positive=True)
    mu, mu2, mu3, mu4 = sp.symbols("mu mu_2 mu_3 mu_4")

    def variance(moments):
        second = 0
        for blocks in sp.utilities.iterables.multiset_partitions([0, 1, 2, 3]):
            together = [any(i in b and j in b for b in blocks) for i, j in ((0, 1), (2, 3))]
            coefficient = sp.Integer(1)
            for same in together:
                coefficient *= 1 / n if same else -1 / (n * (n - 1))
            occurrences = sp.prod([n - r for r in range(len(blocks))])
            second += occurrences * coefficient * sp.prod([moments[len(b)] for b in blocks])
        mean = moments[2] - moments[1] ** 2
        return sp.factor(sp.together(second - mean**2))

    centred = variance({1: sp.Integer(0), 2: sigma**2, 3: sp.Symbol("m_3"), 4: m4})
    return centred, variance({1: mu, 2: mu2, 3: mu3, 4: mu4})


def variance_by_projection():
    """Var(s^2) for symbolic n by Hoeffding's projection of the U-statistic with kernel (x-y)^2/2.

    Var = 4 (n-2)/(n(n-1)) zeta_1 + 2/(n(n-1)) zeta_2, where zeta_1 is the variance of the kernel
    given one argument and zeta_2 its full variance; both follow from E[x] = 0 by expansion.
    """
    n, m4, sigma = sp.symbols("n m_4 sigma", positive=True)
    x, y = sp.symbols("x y")
    moments = {0: 1, 1: 0, 2: sigma**2, 3: sp.Symbol("m_3"), 4: m4}

    def mean(polynomial, variable):
        terms = sp.Poly(sp.expand(polynomial), variable).terms()
        return sum(coefficient * moments[power] for (power,), coefficient in terms)

    kernel = (x - y) ** 2 / 2
    conditional = mean(kernel, y)
    zeta1 = mean(conditional**2, x) - sigma**4
    zeta2 = mean(mean(kernel**2, y), x) - sigma**4
    return (4 * (n - 2) * zeta1 + 2 * zeta2) / (n * (n - 1))

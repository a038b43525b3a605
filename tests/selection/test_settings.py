"""Settings and flags of every entry as literals: the papers' numbers, and bounds that protect."""

from workbench.selection import POOL_FILTERS, SELECTORS

SETTINGS = {
    "class_present_random.min_share": (0.0, 0, 1),
    "meal.n_informative": (200, 1, 10**6),  # Sreenivasaiah et al.: N_I = 200
    "meal.neighbours": (15, 2, 500),  # UMAP's own default, as the paper states none
    "meal.min_dist": (0.1, 0, 1),  # likewise
    "meal.seed": (0, 0, 2**32 - 1),
    "meal_ft.n_informative": (200, 1, 10**6),
    "meal_ft.neighbours": (15, 2, 500),
    "meal_ft.min_dist": (0.1, 0, 1),
    "meal_ft.seed": (0, 0, 2**32 - 1),
    "suggestive_annotation.n_uncertain": (None, 1, 10**6),
    "suggestive_annotation.binary_threshold": (None, -1, 1),
    "information_density.beta": (1.0, 0, 100),  # Settles 2009, 3.6
    "ceal.missing": (10, 0, 10**6),  # Górriz et al. 2017: 10, 10 and 15 a query
    "ceal.uncertain": (10, 0, 10**6),
    "ceal.drawn": (15, 0, 10**6),
    "ceal.background": (0, 0, 254),  # 255 is void
    "ceal.found_share": (0.0, 0, 1),
    "cereals.max_overlap": (0.0, 0, 1),
    "power_noise.beta": (1.0, 0, 1e6),  # Kirsch et al. 2023
    "softmax_noise.beta": (1.0, 0, 1e6),
    "soft_rank_noise.beta": (1.0, 0, 1e6),
    "typiclust.neighbours": (20, 1, 10_000),  # Hacohen et al. 2022
    "typiclust.max_clusters": (500, 1, 10**6),  # likewise, their released code
    "prob_cover.delta": (None, 0, 2),  # no two unit vectors are farther apart than 2
    "prob_cover.n_clusters": (10, 1, 10**6),
    "prob_cover.purity": (0.95, 0, 1),  # Yehuda et al. 2022
    "class_stratified.share": (0.66, 0, 1),  # ClaSP PE
    "class_stratified.background": (None, 0, 254),
    "class_stratified.beta": (None, 1e-6, 1e6),
    "dropquery.threshold": (0.5, 0, 1),  # Gupte et al. 2024
    "hybrid.score": (1.0, 0, 1e6),
    "hybrid.distance": (1.0, 0, 1e6),
    "hybrid.cost": (0.0, 0, 1e6),
    "every_nth_frame.n": (5, 1, 10**6),  # Mittal et al. 4.4: Uniform(@5)
}

RANKS = {
    *("random", "top_k", "information_density", "cereals", "vaal", "power_noise"),
    *("softmax_noise", "soft_rank_noise", "class_balanced"),
}
"""Selectors with a number of its own for every unit."""

ONE_BY_ONE = {
    *("class_present_random", "k_center", "meal", "meal_ft", "badge", "k_means_plus_plus"),
    *("prob_cover", "facility_location", "hybrid"),
}
"""Selectors whose batch of k begins that of k + 1, though units have no number of their own."""


def test_defaults_and_bounds_of_settings():
    found = {
        f"{entry.name}.{p.name}": (p.default, p.low, p.high)
        for entry in (*SELECTORS, *POOL_FILTERS)
        for p in entry.params
        if not p.choices
    }
    assert found == SETTINGS


def test_what_is_stated_of_each_selector():
    assert {e.name for e in SELECTORS if e.ranks} == RANKS
    assert {e.name for e in SELECTORS if e.prefix} == RANKS | ONE_BY_ONE
    assert [e.name for e in SELECTORS if not e.fills] == ["cereals"]
    assert [e.name for e in SELECTORS if e.overlap_limit] == ["cereals"]
    assert [e.name for e in SELECTORS if e.exact_embeddings] == ["meal", "meal_ft"]
    assert [e.name for e in SELECTORS if e.reference == "untrained"] == ["meal"]

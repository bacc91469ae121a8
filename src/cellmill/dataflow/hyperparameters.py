"""What the names of machine learning tell of a value: that it is worth turning, and within which bounds. Pure."""

import re

from cellmill.core.parameters import NO_BOUNDS, Bounds

_AT_LEAST_1 = """
n_estimators num_boost_round num_rounds nrounds n_rounds iterations n_iter max_iter epochs n_epochs num_epochs
batch_size n_neighbors n_clusters n_components n_splits n_folds k_folds folds cv max_depth depth min_samples_leaf
patience early_stopping_rounds hidden_size hidden_dim hidden_units n_hidden units embedding_dim embed_dim num_layers
n_layers n_units filters kernel_size window window_size horizon n_lags seq_len seq_length sequence_length max_len
max_length max_features_count n_trials n_repeats num_heads n_samples sample_size nrows degree latent_dim
n_iterations num_iterations max_iterations n_steps num_steps max_steps num_epoch
"""
_AT_LEAST_0 = """
alpha reg_alpha reg_lambda lambda_l1 lambda_l2 l2 l1 gamma weight_decay min_child_weight min_split_loss
min_impurity_decrease ccp_alpha warmup_steps n_jobs_count
"""
_ABOVE_0 = "learning_rate lr eta c tol eps epsilon temperature sigma bandwidth max_grad_norm clip_norm"
_SHARE = """
l1_ratio momentum dropout dropout_rate droprate recurrent_dropout validation_split threshold thresh cutoff quantile
label_smoothing contamination beta_1 beta_2 feature_fraction_rate
"""
_SHARE_ABOVE_0 = "subsample colsample_bytree colsample_bylevel bagging_fraction feature_fraction subsample_rate"
_SPLIT = "test_size train_size val_size valid_size validation_size test_ratio train_ratio val_ratio test_frac frac"
_SEED = "seed random_state random_seed rng_seed manual_seed seed_value"
_UNBOUNDED = """
min_samples_split num_leaves max_leaf_nodes max_features kernel penalty solver criterion objective loss optimizer
activation metric scoring booster n_jobs stratify target target_column target_col features feature_columns strategy
class_weight model_name model_type learning_rate_init hidden_layer_sizes max_bin scale_pos_weight nu init weights
algorithm ngram_range min_df max_df max_words num_words vocab_size top_k top_n p q d order seasonal_order lags
"""

_BOUNDS: dict[str, Bounds] = {
    **dict.fromkeys(_AT_LEAST_1.split(), Bounds(least=1)),
    **dict.fromkeys(_AT_LEAST_0.split(), Bounds(least=0)),
    **dict.fromkeys(_ABOVE_0.split(), Bounds(above=0)),
    **dict.fromkeys(_SHARE.split(), Bounds(least=0, most=1)),
    **dict.fromkeys(_SHARE_ABOVE_0.split(), Bounds(above=0, most=1)),
    **dict.fromkeys(_SPLIT.split(), Bounds(above=0, below=1)),
    **dict.fromkeys(_SEED.split(), Bounds(least=0, most=2**32 - 1)),
    **dict.fromkeys(_UNBOUNDED.split(), NO_BOUNDS),
    "min_samples_split": Bounds(least=2),
    "num_leaves": Bounds(least=2),
    "max_leaf_nodes": Bounds(least=2),
}
SEEDS = frozenset(_SEED.split())


def is_hyperparameter(name: str) -> bool:
    """Return whether a name is one of the field's own for what is tuned, wherever in the name that stands."""
    return _word(name) is not None


def is_seed(name: str) -> bool:
    """Return whether a name is that of a random seed."""
    return _word(name) in SEEDS


def known_bounds(name: str, default: object) -> Bounds:
    """Return within which bounds a value of this name makes sense; none where the default itself lies outside."""
    found = _BOUNDS.get(_word(name) or "", NO_BOUNDS)
    if isinstance(default, bool) or not isinstance(default, (int, float)):
        return NO_BOUNDS
    if isinstance(default, int) and found == Bounds(above=0, below=1) and default > 1:
        return Bounds(least=1)  # a count of rows instead of a share of them
    return found if is_within(default, found) else NO_BOUNDS


def is_within(value: float, bounds: Bounds) -> bool:
    """Return whether a number keeps to its limits; a NaN keeps to none."""
    return not (
        (bounds.least is not None and not value >= bounds.least)
        or (bounds.most is not None and not value <= bounds.most)
        or (bounds.above is not None and not value > bounds.above)
        or (bounds.below is not None and not value < bounds.below)
    )


def _word(name: str) -> str | None:
    """The longest known word that a name is, begins with or ends with: `xgb__max_depth`, `TEST_SIZE`."""
    plain = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().strip("_")
    parts = [part for part in plain.split("_") if part]
    for length in range(len(parts), 0, -1):
        for begin in range(len(parts) - length + 1):
            word = "_".join(parts[begin : begin + length])
            if word in _BOUNDS and (len(word) > 1 or len(parts) == 1):
                return word
    return None

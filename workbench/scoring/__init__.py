"""The one pass over the unlabelled pool that makes every score, prediction and embedding."""

"""The one pass over the unlabelled pool that every score, prediction and embedding comes from."""

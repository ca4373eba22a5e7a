"""Pages of scores: the models, their rules, drafts, calibration, and the ideal buyer."""

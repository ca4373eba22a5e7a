"""Jobs of this domain: learning, and forgetting what a deleted model wrote."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.scoring.models import Score, ScoreDay
from trellis.scoring.predict import training


@app.task(name="scoring.train")
def train(line_id: int) -> None:
    """Learn from the outcomes of a line."""
    training.train(line_id)


@app.task(name="scoring.forget_model")
def forget_model(model_id: int) -> None:
    """Delete the scores and the history of a model that is gone."""
    Score.objects.filter(model_id=model_id).delete()
    ScoreDay.objects.filter(model_id=model_id).delete()

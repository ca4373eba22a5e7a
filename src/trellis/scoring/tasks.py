"""Jobs of this domain: forgetting what a deleted model wrote."""

from __future__ import annotations

from procrastinate.contrib.django import app

from trellis.scoring.models import Score, ScoreDay


@app.task(name="scoring.forget_model")
def forget_model(model_id: int) -> None:
    """Delete the scores and the history of a model that is gone."""
    Score.objects.filter(model_id=model_id).delete()
    ScoreDay.objects.filter(model_id=model_id).delete()

"""The addresses of the pages of scores."""

from __future__ import annotations

from django.urls import URLPattern, path

from trellis.web.staff.scoring import calibrate, ideal, model, predict, rule

urlpatterns: list[URLPattern] = [
    path("score/", model.index, name="scoring"),
    path("score/new/", rule.edit, name="scoring-new"),
    path("score/<int:rule_id>/", rule.edit, name="scoring-rule"),
    path("score/models/<int:model_id>/", model.index, name="scoring-model"),
    path("score/models/<int:model_id>/act/", model.act, name="scoring-act"),
    path("score/models/<int:model_id>/new/", rule.edit, name="scoring-add"),
    path("score/models/<int:model_id>/outcomes/", calibrate.index, name="scoring-calibrate"),
    path("score/models/<int:model_id>/predict/", predict.index, name="scoring-predict"),
    path("score/ideal/", ideal.index, name="scoring-ideal"),
    path("score/models/<int:model_id>/<slug:ref>/", rule.edit, name="scoring-ref"),
]

"""The chance that a lead is won, learnt from the won, lost and disqualified ones of its line.

``facts`` reads what is known about people as inputs, the same way for leads as they stood
before their outcome and for open ones. ``training`` is the job that learns; ``learn`` does
its mathematics and is the only place that needs the extra ``predict``. What was learnt is a
row of numbers in ``predict_model``, so ``applying`` gives everybody a chance by SQL alone.
"""

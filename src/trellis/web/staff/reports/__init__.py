"""The pages of reports: one file per report; ``index`` lists them."""

"""Reports: one file per question. They read; they never write."""

"""Reports: one file per question. They read; all they keep is saved questions."""

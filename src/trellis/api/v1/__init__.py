"""Version 1: one router and its schemas per noun."""

"""The staff pages and the public pages."""

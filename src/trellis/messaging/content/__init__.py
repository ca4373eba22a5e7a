"""Templates become bytes: Liquid, MJML, links, plain text and MIME."""

"""Hot and anonymous paths: collection, t.js, forms, links, unsubscribe."""

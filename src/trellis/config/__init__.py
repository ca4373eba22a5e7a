"""Settings (environment only), URLs and the ASGI entry point."""

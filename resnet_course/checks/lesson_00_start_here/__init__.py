"""The check of the start page."""

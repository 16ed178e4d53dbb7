"""The checks of lesson 06: measuring, a new head, a frozen backbone, two learning rates, and the official weights."""

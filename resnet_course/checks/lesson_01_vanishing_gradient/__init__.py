"""The checks of lesson 01: the sigmoid's slope, deep nets, their gradients, eight predictions, four diagnoses."""

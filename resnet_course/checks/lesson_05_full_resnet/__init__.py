"""The checks of lesson 05: a stage, the whole ResNet, the family by name, and a net without one of its blocks."""

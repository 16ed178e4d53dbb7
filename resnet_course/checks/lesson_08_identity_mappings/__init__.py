"""The checks of lesson 08: the ReLU on the road, pre-activation, a shortcut around one layer, DenseNet's cost."""

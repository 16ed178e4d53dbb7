"""The checks of lesson 03: the 3×3 convolution, the BasicBlock, the projection shortcut, and three bugs."""

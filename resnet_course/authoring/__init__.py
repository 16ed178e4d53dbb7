"""From lesson scripts to notebooks; learners never import this."""

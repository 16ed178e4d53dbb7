"""What instructors grade with; learners never import this."""

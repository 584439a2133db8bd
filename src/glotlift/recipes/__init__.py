"""Published methods as recipes: arms that differ in one thing, and claims about the difference."""

"""One HTML file of saved runs, in which their networks run."""

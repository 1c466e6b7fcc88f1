"""What makes the sample data in data/sample: ``python -m data.generate`` writes all of it."""

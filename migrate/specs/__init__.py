"""What the customer's YAML says, as frozen values, and whether the whole plan is sound."""

"""The only place that knows the order of the stages. Each module is one command's worth of it."""
